/**
 * What a message wants before any knowledge is asked, in English, Indonesian, Spanish and Portuguese: a person, or only
 * small talk.
 *
 * @since 0.1.0
 */
import { fold } from "./Language.ts"
import * as TextAnalysis from "./TextAnalysis.ts"

/**
 * Kinds of small talk.
 *
 * @category models
 * @since 0.1.0
 */
export type SmallTalk = "greeting" | "thanks" | "farewell" | "acknowledgement" | "how_are_you" | "identity"

const either = (list: string): string => `(?:${list.trim().split(/\s*,\s*/).join("|")})`

/** A verb, a few words that may stand between, and the person asked for. */
const asks = (verbs: string, between: string, people: string): RegExp =>
  new RegExp(`\\b${either(verbs)}(?:\\s+${either(between)}){0,6}\\s+${either(people)}\\b`, "u")

const humanPatterns: ReadonlyArray<RegExp> = [
  asks(
    "talk, talking, speak, speaking, chat, chatting, connect, connected, transfer, transferred, forward, escalate, switch, pass, hand, put, redirect",
    "me, us, this, it, over, through, on, directly, to, with, a, an, the, some, your, any, one, of, real, live, actual, human, another, support, service, customer",
    "human(?: being)?, person, people, agents?, representatives?, reps?, operators?, someone, somebody, anyone, staff(?: member)?, advis[eo]rs?, consultants?, employees?, colleagues?, manager, supervisor, customer (?:service|support|care), support(?: team)?, team member"
  ),
  asks(
    "get, give, want, need, prefer, like, have, request, require",
    "me, us, a, an, the, some, your, any, real, live, actual, to, be, connected, with, talk, speak",
    "human(?: being| agent)?, (?:real|live|actual) (?:person|agent|human), live chat, agent, representative, operator, manager, supervisor"
  ),
  asks(
    "can, could, is there, have, want",
    "you, please, i, to, a, an, the",
    "(?:someone|somebody|anyone|anybody|a person) (?:please )?(?:call|contact|talk|speak|reach)(?: to)?(?: me)?, (?:someone|somebody|anyone|a person|person) (?:i|we) can (?:talk|speak|chat)"
  ),
  asks(
    "bicara, berbicara, ngomong, ngobrol, chat, hubungkan, hubungin, dihubungkan, sambungkan, sambungin, disambungkan, terhubung, tersambung, alihkan, dialihkan, transfer, oper, panggil, panggilkan, panggilin",
    "dengan, dgn, sama, ke, kepada, ama, saya, aku, kami, langsung, dong, ya, kak, seorang, salah, satu, bagian, tim, pihak, yang",
    "manusia, orang(?:nya)?, agen, agent, admin(?:nya)?, cs(?:nya)?, customer (?:service|care), operator, petugas, staff?, karyawan, pegawai, supervisor, manajer, manager, tim support, layanan pelanggan, sales"
  ),
  asks(
    "minta, mau, ingin, pengen, butuh, perlu, tolong, bisa",
    "dengan, dgn, sama, ke, saya, aku, langsung, bicara, ngobrol, ngomong, chat, terhubung, dihubungkan, disambungkan, seorang, tim, bagian, ada, bantuan",
    "manusia, agen, agent, admin, cs, customer (?:service|care), operator, petugas, supervisor, manajer, manager, orang (?:asli|beneran|sungguhan)"
  ),
  asks(
    "hablar, hablo, hable, charlar, conversar, comunicar, comunicarme, comuniqueme, comunicame, conectar, conectarme, conecteme, conectame, pasar, pasarme, paseme, pasame, transferir, transferirme, transfiereme, transfierame, derivar, derivarme, atienda, atender, quiero, quisiera, necesito, deseo, prefiero, ponme, pongame",
    "con, a, por, que, me, un, una, el, la, algun, alguna, hablar, ser, atendido, atendida, de, verdad, real, directamente, chatear",
    "personas?, humanos?, humana, ser humano, agente, asesora?, asesores, representante, operadora?, alguien, ejecutiv[oa], encargad[oa], supervisora?, gerente, emplead[oa], atencion al cliente, servicio al cliente, soporte"
  ),
  asks(
    "falar, falo, conversar, conectar, transferir, transfira, transfere, passar, passa, passe, chamar, chama, chame, encaminhar, quero, queria, preciso, gostaria, prefiro, desejo, contatar",
    "com, de, para, por, pra, pro, um, uma, o, a, algum, alguma, me, ser, atendido, atendida, falar, pelo, pela, real, verdade",
    "pessoas?, humanos?, humana, ser humano, atendentes?, agente, operadora?, alguem, representante, consultora?, gerente, supervisora?, funcionari[oa], suporte, atendimento(?: humano| ao cliente)?"
  ),
  /\b(?:talk|speak|bicara|ngobrol|hablar|falar)\b(?:\s+\S+){1,6}\s+(?:to|with|dengan|sama|con|com)\s+(?:an? |the |seorang |uma? |una? )?(?:human|real person|person|someone|somebody|agent|manusia|orang|petugas|persona|humano|agente|alguien|pessoa|atendente|alguem)\b/u
]

const alonePattern = new RegExp(
  `^(?:${
    either(
      "please, pls, halo, hi, hello, kak, min, a, an, un, una, um, uma, mau, minta, ke"
    )
  }\\s+)*${
    either(
      "human, humans, agent, live agent, operator, representative, real person, live person, live chat, customer service, customer support, customer care, cs, human please, manager, supervisor, manusia, admin, petugas, agen, orang, humano, persona, agente, asesor, asesora, operador, representante, atendente, pessoa, atendimento humano, soporte humano, suporte humano"
    )
  }(?:\\s+${either("please, pls, now, dong, ya, kak, tolong, aja, saja, por favor, pf, ahora, agora")})*$`,
  "u"
)

const refusal =
  /(?:\b(?:dont|do not|not|no need|never|without|instead of|rather than|tidak|gak|ga|nggak|jangan|tanpa|no|nao|sem|sin)\b)(?:\s+\S+){0,3}\s*$/u

/** Asking whether this is a person is not asking for one. */
const doubt = /^(?:am i (?:talking|speaking|chatting)|are you)\b/u

const plain = (text: string): string => fold(text).replace(/'/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim()

/**
 * Whether the message asks for a person. A refusal ("I don't want to talk to an agent") is none, nor is a question how
 * to reach the office: that one the knowledge may answer.
 *
 * @category recognition
 * @since 0.1.0
 */
export const isHumanRequest = (text: string): boolean => {
  const folded = plain(text)
  if (alonePattern.test(folded)) return true
  if (doubt.test(folded)) return false
  return humanPatterns.some((pattern) => {
    const match = pattern.exec(folded)
    return match !== null && !refusal.test(folded.slice(0, match.index))
  })
}

const smallTalk: ReadonlyArray<readonly [SmallTalk, string]> = [
  [
    "identity",
    `are you (?:a |an )?(?:real )?(?:bot|robot|human|person|ai|machine|real|chatbot), am i (?:talking|speaking|chatting) (?:to|with) (?:a |an )?(?:real |actual |live )*(?:bot|robot|human|person|someone|ai|machine|real)(?: real)?(?: or (?:a |an )?(?:bot|robot|ai|machine|human|person))?, who are you, what are you, is this (?:a )?(?:bot|robot|human|real person),
     (?:apakah )?(?:kamu|anda|ini|kak) (?:bot|robot|manusia|ai|orang|orang asli)(?: ya| kah| bukan)?, siapa (?:kamu|anda|ini), (?:kamu|anda|ini) siapa,
     eres (?:un |una )?(?:bot|robot|humano|humana|persona|maquina|ia), quien eres, es (?:un )?(?:bot|robot), (?:voce|vc) e (?:um |uma )?(?:bot|robo|humano|humana|pessoa|maquina|ia), quem e voce`
  ],
  [
    "thanks",
    `thanks(?: a lot| so much| very much| again| you)?, thank you(?: so much| very much| a lot)?, thx, ty, tysm, cheers, much appreciated, i appreciate it, appreciate it, that helps, that helped, that was helpful, very helpful,
     terima ?kasih(?: banyak)?, makasih(?: banyak| ya)?, makasi, mksh, trims, tengkyu, tq, suwun, nuhun, (?:muchas |mil )?gracias, te agradezco, (?:muito )?obrigad[oa], valeu, brigad[oa]`
  ],
  [
    "farewell",
    `bye(?: bye)?, goodbye, see you(?: later| soon)?, see ya, take care, have a (?:nice|good|great) (?:day|one|evening|weekend), dadah, dah, sampai (?:jumpa|nanti), adios, chao, chau, hasta (?:luego|pronto|manana), nos vemos, tchau, ate (?:logo|mais|breve)`
  ],
  [
    "how_are_you",
    `how are (?:you|u)(?: doing)?(?: today)?, hows it going, how do you do, whats up, apa kabar(?:nya)?, gimana kabar(?:nya)?, como esta[ns]?, como te va, que tal, tudo bem, tudo bom, como vai(?: voce)?`
  ],
  [
    "greeting",
    `hello+, hallo+, helo, hi+, hiya, hey+, heya, howdy, greetings, yo, good (?:morning|afternoon|evening|day|night), morning, gm, start, mulai, comenzar, iniciar,
     halo+, hai+, hei, (?:selamat|met|slmt) (?:pagi|siang|sore|malam), pagi, siang, sore, malam, as+alam(?:u ?alai| ?mualai|ualai|u alai)kum(?: wr wb| warahmatullahi wabarakatuh)?, salam, permisi, punten, p, ping, min, kak, gan, admin,
     hola+, buenas?(?: (?:dias|tardes|noches))?, buenos dias, muy buenas, saludos, oi+, ola+, bom dia, boa (?:tarde|noite), e ai`
  ],
  [
    "acknowledgement",
    `ok+, okay, okey, oke+h?, okee, k, sip+, siap, baik(?:lah)?, mantap, noted, got it, i see, understood, great, perfect, cool, nice, alright, all right, all good, sure, fine, done, sounds good, good, awesome, excellent, yes, yeah, yep, no, nope, ya, iya, yoi, paham, mengerti, ngerti, tidak, nggak, gak, oh, ooh, ah, hm+, vale, perfecto, entendido, de acuerdo, listo, genial, claro, si, beleza, blz, certo, entendi, perfeito, ta bom, otimo, sim, nao, haha+, wkwk(?:wk)*, lol, jaja+, kkk+`
  ]
]

const smallTalkPatterns = smallTalk.map(([kind, list]) =>
  [kind, new RegExp(`\\b${either(list.replace(/\s+/g, " "))}\\b`, "gu")] as const
)

/**
 * The kind of small talk that the message consists of, or `undefined` when it says anything else. A message of emoji
 * alone is an acknowledgement. `names` are words that may stand beside it: the bot's name.
 *
 * @category recognition
 * @since 0.1.0
 */
export const smallTalkOf = (text: string, names: ReadonlyArray<string> = []): SmallTalk | undefined => {
  let rest = plain(text)
  if (rest === "") return /\p{Extended_Pictographic}/u.test(text) ? "acknowledgement" : undefined
  if (rest.split(" ").length > 12) return undefined
  let found: SmallTalk | undefined
  for (const [kind, pattern] of smallTalkPatterns) {
    const left = rest.replace(pattern, " ")
    if (left === rest) continue
    // "How is it?" is no small talk although "is" and "it" are function words: only what follows a phrase may be those.
    found ??= kind
    rest = left
  }
  if (found === undefined) return undefined
  const allowed = new Set(names.flatMap((name) => TextAnalysis.words(name)))
  const remaining = TextAnalysis.words(rest).filter((word) => !allowed.has(word) && !courtesy.has(word))
  return remaining.length === 0 ? found : undefined
}

const courtesy = new Set(
  `there all team sir madam maam mr mrs everyone guys friend dear very much so you all again too
   kak kakak min mimin gan sis bang mas mbak pak bapak bu ibu om tante semua ya dong deh banyak atas bantuannya infonya
   senor senora amigo amiga todos muy por la ayuda su tu
   senhor senhora amigo pela ajuda muito a o e`.split(/\s+/)
)

/**
 * Whether a message builds on the one before it ("and for business?", "kalau yang 100?"), so that alone it does not
 * say what is asked.
 *
 * @category recognition
 * @since 0.1.0
 */
export const isFollowUp = (text: string): boolean =>
  /^(?:and|what about|how about|or|also|but|then|so|dan|kalau|kalo|klo|bagaimana (?:dengan|kalau)|gimana (?:dengan|kalau|kalo)|terus|trus|lalu|atau|y|e|pero|mas|entonces|entao|que tal)\b/u
    .test(plain(text)) ||
  /\b(?:it|that|this|those|them|itu|ini|tersebut|eso|esto|ese|isso|isto|esse)\b/u.test(plain(text))
