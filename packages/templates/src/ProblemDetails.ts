/**
 * What problems of this package say in each language. They are told by their English words, and so a sentence here has
 * to be the one that is written where the problem arises.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"

/**
 * @category texts
 * @since 0.1.0
 */
export const details = MessageCatalogue.define("templates-problem-details", {
  tooLong: {
    en: "Give at most {max} characters.",
    id: "Berikan paling banyak {max} karakter.",
    es: "Escriba {max} caracteres como máximo.",
    pt: "Escreva no máximo {max} caracteres."
  },
  missingText: {
    en: "A text is missing here.",
    id: "Teks di sini belum ada.",
    es: "Aquí falta un texto.",
    pt: "Falta um texto aqui."
  },
  brokenVariable: {
    en: "Variables are written as two braces around a number or name.",
    id: "Variabel ditulis sebagai dua kurung kurawal di sekeliling angka atau nama.",
    es: "Las variables se escriben con dos llaves alrededor de un número o nombre.",
    pt: "As variáveis são escritas com duas chaves em torno de um número ou nome."
  },
  variableOrder: {
    en: "Variables are numbered from 1 in their order, without gaps.",
    id: "Variabel diberi nomor mulai 1 menurut urutannya, tanpa ada yang terlewat.",
    es: "Las variables se numeran desde 1 en su orden, sin saltos.",
    pt: "As variáveis são numeradas a partir de 1 em ordem, sem saltos."
  },
  examplesMissing: {
    en: "Give an example of each variable: {wanted} are wanted.",
    id: "Berikan contoh untuk setiap variabel: diperlukan {wanted}.",
    es: "Dé un ejemplo de cada variable: se necesitan {wanted}.",
    pt: "Dê um exemplo de cada variável: são necessários {wanted}."
  },
  variableName: {
    en: "A variable's name has lower-case letters, digits and underscores.",
    id: "Nama variabel terdiri dari huruf kecil, angka, dan garis bawah.",
    es: "El nombre de una variable tiene minúsculas, dígitos y guiones bajos.",
    pt: "O nome de uma variável tem minúsculas, dígitos e sublinhados."
  },
  variableAtEdge: {
    en: "The text can't begin or end with a variable.",
    id: "Teks tidak boleh diawali atau diakhiri variabel.",
    es: "El texto no puede empezar ni terminar con una variable.",
    pt: "O texto não pode começar nem terminar com uma variável."
  },
  emptyLines: {
    en: "There can be at most one empty line in a row.",
    id: "Paling banyak satu baris kosong berturut-turut.",
    es: "Puede haber como máximo una línea vacía seguida.",
    pt: "Pode haver no máximo uma linha vazia seguida."
  },
  tooManyVariables: {
    en: "The text is too short for so many variables.",
    id: "Teks ini terlalu pendek untuk variabel sebanyak itu.",
    es: "El texto es demasiado corto para tantas variables.",
    pt: "O texto é curto demais para tantas variáveis."
  },
  oneLine: {
    en: "This has to be on one line.",
    id: "Ini harus dalam satu baris.",
    es: "Esto tiene que estar en una línea.",
    pt: "Isto tem de estar em uma linha."
  },
  headerVariables: {
    en: "A header has one variable at most.",
    id: "Tajuk paling banyak punya satu variabel.",
    es: "Un encabezado tiene una variable como máximo.",
    pt: "Um cabeçalho tem no máximo uma variável."
  },
  sampleMissing: {
    en: "Give a sample of the header's file: a handle of the provider, or a stored file.",
    id: "Berikan contoh berkas tajuk: handle dari penyedia, atau berkas yang tersimpan.",
    es: "Dé una muestra del archivo del encabezado: un identificador del proveedor o un archivo guardado.",
    pt: "Dê uma amostra do arquivo do cabeçalho: um identificador do provedor ou um arquivo guardado."
  },
  noVariables: {
    en: "There can be no variables here.",
    id: "Di sini tidak boleh ada variabel.",
    es: "Aquí no puede haber variables.",
    pt: "Aqui não pode haver variáveis."
  },
  link: {
    en: "Give an address that begins with http or https.",
    id: "Berikan alamat yang diawali http atau https.",
    es: "Indique una dirección que empiece con http o https.",
    pt: "Indique um endereço que comece com http ou https."
  },
  linkVariable: {
    en: "A link has one variable at most, at its end.",
    id: "Tautan paling banyak punya satu variabel, di ujungnya.",
    es: "Un enlace tiene una variable como máximo, al final.",
    pt: "Um link tem no máximo uma variável, no fim."
  },
  phoneNumber: {
    en: "Give a phone number of 5 to 20 digits.",
    id: "Berikan nomor telepon dengan 5 sampai 20 angka.",
    es: "Indique un número de teléfono de 5 a 20 dígitos.",
    pt: "Indique um número de telefone de 5 a 20 dígitos."
  },
  otpType: {
    en: "Say how the code is taken over: otp_type.",
    id: "Sebutkan cara kode diambil: otp_type.",
    es: "Indique cómo se toma el código: otp_type.",
    pt: "Indique como o código é levado: otp_type."
  },
  otpApps: {
    en: "Name the apps that may take the code over.",
    id: "Sebutkan aplikasi yang boleh mengambil kode.",
    es: "Nombre las aplicaciones que pueden tomar el código.",
    pt: "Nomeie os aplicativos que podem receber o código."
  },
  otpTerms: {
    en: "The terms of codes without a tap have to be accepted.",
    id: "Ketentuan kode tanpa ketukan harus disetujui.",
    es: "Hay que aceptar las condiciones de los códigos sin toque.",
    pt: "É preciso aceitar os termos dos códigos sem toque."
  },
  flow: {
    en: "Name the flow: flow_id, flow_name or flow_json.",
    id: "Sebutkan flow: flow_id, flow_name, atau flow_json.",
    es: "Nombre el flujo: flow_id, flow_name o flow_json.",
    pt: "Nomeie o fluxo: flow_id, flow_name ou flow_json."
  },
  buttonCount: {
    en: "Give 1 to {max} buttons.",
    id: "Berikan 1 sampai {max} tombol.",
    es: "Dé de 1 a {max} botones.",
    pt: "Dê de 1 a {max} botões."
  },
  buttonKind: {
    en: "There can be at most {max} buttons of the kind {type}.",
    id: "Paling banyak ada {max} tombol jenis {type}.",
    es: "Puede haber como máximo {max} botones del tipo {type}.",
    pt: "Pode haver no máximo {max} botões do tipo {type}."
  },
  buttonOrder: {
    en: "Quick replies stand together, before or after the other buttons.",
    id: "Balasan cepat harus berkumpul, sebelum atau sesudah tombol lain.",
    es: "Las respuestas rápidas van juntas, antes o después de los demás botones.",
    pt: "As respostas rápidas ficam juntas, antes ou depois dos outros botões."
  },
  codeBody: {
    en: "The provider writes the text around a code itself.",
    id: "Penyedia menulis sendiri teks di sekeliling kode.",
    es: "El proveedor escribe él mismo el texto alrededor de un código.",
    pt: "O provedor escreve ele mesmo o texto em torno de um código."
  },
  minutes: {
    en: "Give 1 to 90 minutes.",
    id: "Berikan 1 sampai 90 menit.",
    es: "Indique de 1 a 90 minutos.",
    pt: "Indique de 1 a 90 minutos."
  },
  cardCount: {
    en: "Give 2 to {max} cards.",
    id: "Berikan 2 sampai {max} kartu.",
    es: "Dé de 2 a {max} tarjetas.",
    pt: "Dê de 2 a {max} cartões."
  },
  cardsAlike: {
    en: "All cards have the same parts.",
    id: "Semua kartu punya bagian yang sama.",
    es: "Todas las tarjetas tienen las mismas partes.",
    pt: "Todos os cartões têm as mesmas partes."
  },
  twice: {
    en: "There can be only one {type}.",
    id: "Hanya boleh ada satu {type}.",
    es: "Solo puede haber un {type}.",
    pt: "Só pode haver um {type}."
  },
  notInCategory: {
    en: "A template of the category {category} can't have {type}.",
    id: "Templat berkategori {category} tidak boleh memuat {type}.",
    es: "Una plantilla de la categoría {category} no puede tener {type}.",
    pt: "Um modelo da categoria {category} não pode ter {type}."
  },
  notBeside: {
    en: "{type} can't stand beside {other}.",
    id: "{type} tidak boleh berdampingan dengan {other}.",
    es: "{type} no puede estar junto a {other}.",
    pt: "{type} não pode ficar ao lado de {other}."
  },
  oneCodeButton: {
    en: "A template for a code has one button, of the type OTP.",
    id: "Templat untuk kode punya satu tombol, berjenis OTP.",
    es: "Una plantilla para un código tiene un botón, del tipo OTP.",
    pt: "Um modelo para um código tem um botão, do tipo OTP."
  },
  formats: {
    en: "The header here has one of the formats {formats}.",
    id: "Tajuk di sini berformat salah satu dari {formats}.",
    es: "El encabezado tiene aquí uno de los formatos {formats}.",
    pt: "O cabeçalho tem aqui um dos formatos {formats}."
  },
  codeFirst: {
    en: "The button that copies the code is the first one.",
    id: "Tombol yang menyalin kode berada paling depan.",
    es: "El botón que copia el código es el primero.",
    pt: "O botão que copia o código é o primeiro."
  },
  productHeader: {
    en: "A button of a product needs a header with the format PRODUCT.",
    id: "Tombol produk memerlukan tajuk berformat PRODUCT.",
    es: "Un botón de producto necesita un encabezado con el formato PRODUCT.",
    pt: "Um botão de produto precisa de um cabeçalho com o formato PRODUCT."
  },
  ttl: {
    en: "Give {min} to {max} seconds.",
    id: "Berikan {min} sampai {max} detik.",
    es: "Indique de {min} a {max} segundos.",
    pt: "Indique de {min} a {max} segundos."
  },
  noBody: {
    en: "A template has a body.",
    id: "Templat punya isi.",
    es: "Una plantilla tiene un cuerpo.",
    pt: "Um modelo tem um corpo."
  },
  noCodeButton: {
    en: "A template for codes has a button for them.",
    id: "Templat kode punya tombol untuk kode itu.",
    es: "Una plantilla de códigos tiene un botón para ellos.",
    pt: "Um modelo de códigos tem um botão para eles."
  },
  valuesWanted: {
    en: "The template wants {wanted} values here, {given} were given.",
    id: "Templat ini memerlukan {wanted} nilai di sini, yang diberikan {given}.",
    es: "La plantilla necesita {wanted} valores aquí; se dieron {given}.",
    pt: "O modelo precisa de {wanted} valores aqui; foram dados {given}."
  },
  headerFileType: {
    en: "The header shows {types}, and this file is {type}.",
    id: "Tajuk menampilkan {types}, sedangkan berkas ini {type}.",
    es: "El encabezado muestra {types} y este archivo es {type}.",
    pt: "O cabeçalho mostra {types} e este arquivo é {type}."
  },
  headerFileSize: {
    en: "A file of this header has at most {max} MB.",
    id: "Berkas untuk tajuk ini paling besar {max} MB.",
    es: "Un archivo de este encabezado tiene como máximo {max} MB.",
    pt: "Um arquivo deste cabeçalho tem no máximo {max} MB."
  },
  valueMissing: {
    en: "The template wants a value here.",
    id: "Templat ini memerlukan nilai di sini.",
    es: "La plantilla necesita un valor aquí.",
    pt: "O modelo precisa de um valor aqui."
  },
  valueUnexpected: {
    en: "The template has nothing to fill here.",
    id: "Tidak ada yang perlu diisi di sini pada templat ini.",
    es: "La plantilla no tiene nada que rellenar aquí.",
    pt: "O modelo não tem nada para preencher aqui."
  },
  valueInvalid: {
    en: "The template can't be filled with this: {reason}",
    id: "Templat tidak dapat diisi dengan ini: {reason}",
    es: "La plantilla no se puede rellenar con esto: {reason}",
    pt: "O modelo não pode ser preenchido com isto: {reason}"
  },
  noTemplatesOnChannel: {
    en: "This channel has no templates.",
    id: "Kanal ini tidak punya templat.",
    es: "Este canal no tiene plantillas.",
    pt: "Este canal não tem modelos."
  },
  noLibrary: {
    en: "This channel's provider has no library of templates.",
    id: "Penyedia kanal ini tidak punya pustaka templat.",
    es: "El proveedor de este canal no tiene una biblioteca de plantillas.",
    pt: "O provedor deste canal não tem uma biblioteca de modelos."
  },
  notInLibrary: {
    en: "The library has no such template in this language.",
    id: "Pustaka tidak punya templat itu dalam bahasa ini.",
    es: "La biblioteca no tiene esa plantilla en este idioma.",
    pt: "A biblioteca não tem esse modelo neste idioma."
  },
  libraryButtons: {
    en: "Give what each of its buttons leads to, in their order: {types}.",
    id: "Berikan tujuan setiap tombolnya menurut urutannya: {types}.",
    es: "Indique a dónde lleva cada uno de sus botones, en su orden: {types}.",
    pt: "Indique para onde leva cada um dos seus botões, em ordem: {types}."
  },
  exists: {
    en: "There is a template with this name in this language.",
    id: "Sudah ada templat dengan nama ini dalam bahasa ini.",
    es: "Ya existe una plantilla con este nombre en este idioma.",
    pt: "Já existe um modelo com este nome neste idioma."
  },
  notEditable: {
    en: "A template that is {status} can't be changed.",
    id: "Templat yang berstatus {status} tidak dapat diubah.",
    es: "Una plantilla en estado {status} no se puede cambiar.",
    pt: "Um modelo em estado {status} não pode ser alterado."
  },
  categoryFixed: {
    en: "The category of an approved template can't be changed.",
    id: "Kategori templat yang sudah disetujui tidak dapat diubah.",
    es: "La categoría de una plantilla aprobada no se puede cambiar.",
    pt: "A categoria de um modelo aprovado não pode ser alterada."
  },
  nothingToChange: {
    en: "Say what to change.",
    id: "Sebutkan apa yang diubah.",
    es: "Indique qué cambiar.",
    pt: "Indique o que mudar."
  },
  refusedByProvider: {
    en: "The provider refuses the template: {reason}",
    id: "Penyedia menolak templat ini: {reason}",
    es: "El proveedor rechaza la plantilla: {reason}",
    pt: "O provedor recusa o modelo: {reason}"
  },
  accountRefused: {
    en: "The provider does not let this account do it: {reason}",
    id: "Penyedia tidak mengizinkan akun ini melakukannya: {reason}",
    es: "El proveedor no permite esto a la cuenta: {reason}",
    pt: "O provedor não permite isto à conta: {reason}"
  },
  providerAway: {
    en: "The provider gives no answer now. What became of it is looked up in the background.",
    id: "Penyedia sedang tidak menjawab. Hasilnya dicari tahu di latar belakang.",
    es: "El proveedor no responde ahora. El resultado se averigua en segundo plano.",
    pt: "O provedor não responde agora. O resultado é apurado em segundo plano."
  },
  noSampleUpload: {
    en: "This channel takes no files as samples: give the provider's handle.",
    id: "Kanal ini tidak menerima berkas sebagai contoh: berikan handle dari penyedia.",
    es: "Este canal no admite archivos de muestra: indique el identificador del proveedor.",
    pt: "Este canal não aceita arquivos de amostra: indique o identificador do provedor."
  },
  sampleNotFound: {
    en: "There is no such file.",
    id: "Tidak ada berkas seperti itu.",
    es: "No existe ese archivo.",
    pt: "Não existe esse arquivo."
  },
  noAccount: {
    en: "No connected account can ask the provider now.",
    id: "Saat ini tidak ada akun tersambung yang dapat bertanya ke penyedia.",
    es: "Ninguna cuenta conectada puede preguntar ahora al proveedor.",
    pt: "Nenhuma conta conectada pode perguntar agora ao provedor."
  },
  noSuchAccount: {
    en: "There is no such channel account.",
    id: "Akun kanal itu tidak ada.",
    es: "No existe esa cuenta de canal.",
    pt: "Não existe essa conta de canal."
  },
  givenComponents: {
    en: "This template can't be copied as it is: give its components.",
    id: "Templat ini tidak dapat disalin begitu saja: berikan komponennya.",
    es: "Esta plantilla no se puede copiar tal cual: indique sus componentes.",
    pt: "Este modelo não pode ser copiado assim: indique os componentes."
  },
  notKnownYet: {
    en: "The account's templates are not known yet: try again in a moment.",
    id: "Templat akun ini belum diketahui: coba lagi sebentar lagi.",
    es: "Aún no se conocen las plantillas de la cuenta: inténtelo en un momento.",
    pt: "Os modelos da conta ainda não são conhecidos: tente daqui a pouco."
  }
}, { use: "problem-details" })

/** A detail in English, from the catalogue. @category texts @since 0.1.0 */
export const english = MessageCatalogue.say(details, "en")
