/**
 * Words that say nothing about what a question is about, by language, folded (lower case, no accents).
 *
 * @since 0.1.0
 */

/**
 * The stop words of one language.
 *
 * @category models
 * @since 0.1.0
 */
export interface StopWords {
  /** Words of the grammar, which are dropped from questions. */
  readonly grammar: ReadonlySet<string>
  /** Courtesy, "could you tell me", "I would like to know": they count a little, as they may be the subject somewhere. */
  readonly filler: ReadonlySet<string>
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ""))

const en: StopWords = {
  grammar: words(`
    a an the this that these those some any each every either neither both
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves one someone anyone everyone somebody anybody something
    anything everything
    am is are was were be been being do does did doing done have has had having
    can could will would shall should may might must ought cannot
    isn aren wasn weren don doesn didn haven hasn hadn won wouldn couldn shouldn mustn needn ain
    s t d ll m o re ve im ive id ill youre youve theyre dont doesnt didnt isnt arent cant couldnt wont wouldnt whats
    hows wheres whos thats theres
    and or but nor so if then else than as because while although though unless until since whether
    of at by for with about against between into through during before after above below to from up down in out on off
    over under again further upon within without toward towards per via among onto
    what which who whom whose when where why how
    there here not no yes too very just only also even still yet already ever never more most less least much many
    such own same other another few several all
    etc eg ie
  `),
  filler: words(`
    hi hello hey dear good morning afternoon evening day greetings thanks thank thx ty please pls plz kindly sorry
    excuse ok okay yeah yep well um uh
    tell know want wanna need like wish hope help let get got give please wonder wondering ask asking question
    questions anybody explain possible able would gonna going say said think guess sure really actually basically
    quick quickly thing things stuff way bit lot
    ll make sure
  `)
}

const es: StopWords = {
  grammar: words(`
    a al algo alguna algunas alguno algunos algun ambos ante antes aquel aquella aquellas aquello aquellos aqui asi aun
    aunque bajo bien cada casi como con contra cual cuales cualquier cualquiera cuan cuando cuanta cuantas cuanto
    cuantos de del demas desde donde dos durante e el ella ellas ello ellos en entre era eran eras eres es esa esas ese
    eso esos esta estaba estaban estado estamos estan estar estas este esto estos estoy etc fue fueron fui ha habia
    habian haber hace hacia hasta hay he hemos han has incluso la las le les lo los mas me mi mia mias mientras mio mios
    mis misma mismas mismo mismos mucha muchas mucho muchos muy nada ni ninguna ninguno ningun no nos nosotras nosotros
    nuestra nuestras nuestro nuestros o os otra otras otro otros para pero poca pocas poco pocos por porque pues que
    quien quienes se segun ser sera seran si sido siempre siendo sin sino sobre sois solo somos son soy su sus suya
    suyas suyo suyos tal tales tambien tampoco tan tanta tantas tanto tantos te tenia tenian tener tiene tienen tengo
    tenemos tienes ti toda todas todo todos tras tu tus tuya tuyo un una unas uno unos usted ustedes va vamos van vosotros
    voy y ya yo
  `),
  filler: words(`
    hola buenas buenos buen dia dias tarde tardes noche noches saludos gracias favor porfa porfavor perdon disculpa
    disculpe disculpen estimado estimados amigo amigos
    quiero quisiera quiere queria puedo puede pueden puedes podria podrian podrias poder necesito necesita necesitamos
    saber decir digame dime decirme ayuda ayudar ayudame ayudarme gustaria deseo desea
    pregunta preguntar consulta consultar duda favor explicar explicame indicar indicarme hacer haga hago posible
    manera forma cosa cosas ok vale bueno claro
  `)
}

const pt: StopWords = {
  grammar: words(`
    a ao aos aquela aquelas aquele aqueles aquilo as ate cada com como contra cuja cujas cujo cujos da das de dela delas
    dele deles desde dessa dessas desse desses desta destas deste destes disso disto do dos durante e ela elas ele eles
    em enquanto entre era eram essa essas esse esses esta estamos estao estar estas estava estavam este estes estou eu
    foi fomos for foram ha havia isso isto ja la lhe lhes mais mas me mesma mesmas mesmo mesmos meu meus minha minhas
    muita muitas muito muitos na nada nas nao nem nenhum nenhuma no nos nossa nossas nosso nossos num numa o onde os ou
    outra outras outro outros para pela pelas pelo pelos per perante pode podem pois por porem porque pouca poucas pouco
    poucos pra pro qual quais qualquer quando quanta quantas quanto quantos que quem se sem sempre ser sera serao seu
    seus si sido so sob sobre somos sou sua suas tal tambem tampouco tanto te tem temos tenho ter teu teus teve tinha
    tinham toda todas todo todos tu tua tuas tudo um uma umas uns vai vao voce voces vos vou
  `),
  filler: words(`
    oi ola bom boa dia tarde noite obrigado obrigada obg favor desculpa desculpe perdao prezados caro
    quero queria gostaria posso pode poderia poderiam podem preciso precisa precisamos saber dizer diga ajuda ajudar
    ajudem ajude pergunta perguntar duda duvida explicar explique informar fazer faco faz possivel maneira forma jeito
    coisa coisas ok certo entao
  `)
}

const id: StopWords = {
  grammar: words(`
    ada adalah agar aja akan aku anda antara apa apakah apalagi atas atau bagai bagaimana bagaimanakah bagi bahwa
    banyak baru beberapa begitu belum berapa berapakah bila bisa bisakah boleh bolehkah bukan bukankah cuma dalam dan
    dapat dapatkah dari daripada dengan deh demi di dia dimana dimanakah dong dulu
    engkau gak ga nggak ngga enggak gimana gimanakah guna hal hanya harus hingga ia ialah ini inikah itu itukah jadi jangan jika
    jikalau juga justru kah kalau kalian kalo kami kamu kan kapan kapankah karena ke kemana kemanakah kenapa kepada
    ketika kita ku lagi lah lain lalu lebih maka makin mana manakah manalagi masih maupun mengapa mengapakah mereka
    merupakan mu namun nya oleh pada padahal paling para pasti per pernah pula pun punya saat saja saling sambil sampai
    sangat sana saya sebab sebagai sebagaimana sebelum sebuah secara sedang sejak selain selaku selalu selama semakin
    semua semuanya sendiri seorang seperti serta sesudah setelah setiap siapa siapakah siapa siapapun
    sini situ suatu sudah supaya tapi telah tentang tentu terhadap tersebut tetapi tiap tidak tak untuk utk walau
    walaupun yaitu yakni yang yg dgn dg dr tdk sdh udah udh blm jg sy gw gue gua lo lu loh kok sih ya yah iya nih tuh
    dapatkah adakah sebutkan
  `),
  filler: words(`
    hai halo hallo hei pagi siang sore malam selamat assalamualaikum permisi maaf mohon tolong terima kasih makasih
    terimakasih trims thanks min admin kak kakak mas mbak pak bapak bu ibu gan sis bro
    mau ingin pengen pingin perlu butuh minta bantu bantuan bantuannya dibantu tahu tau tanya nanya bertanya menanyakan
    pertanyaan kasih beri info informasi jelaskan menjelaskan cara caranya gimana coba silakan silahkan mungkin kira
    oke ok baik
  `)
}

const none: StopWords = { grammar: new Set(), filler: new Set() }

/**
 * The stop words of a language; none of one that is not known here.
 *
 * @category accessors
 * @since 0.1.0
 * @example
 * stopWords("en").grammar.has("the") // => true
 */
export const stopWords = (language: string): StopWords => {
  switch (language) {
    case "en":
      return en
    case "es":
      return es
    case "pt":
      return pt
    case "id":
      return id
    default:
      return none
  }
}
