/** What problems say of requests as such, of jobs, and of texts. */
import type { Definitions } from "../../MessageCatalogue.ts"

export const requests = {
  noJobInQueue: {
    en: "There is no job \"{id}\" in {queue}.",
    id: "Tidak ada pekerjaan \"{id}\" di {queue}.",
    es: "No hay una tarea \"{id}\" en {queue}.",
    pt: "Não há uma tarefa \"{id}\" em {queue}."
  },
  noQueue: {
    en: "There is no queue \"{name}\".",
    id: "Tidak ada antrean \"{name}\".",
    es: "No existe la cola \"{name}\".",
    pt: "Não existe a fila \"{name}\"."
  },
  onlyGivenUpRetried: {
    en: "Only jobs that were given up are tried again.",
    id: "Hanya pekerjaan yang sudah gagal yang dicoba lagi.",
    es: "Solo se reintentan las tareas abandonadas.",
    pt: "Só se tentam de novo as tarefas abandonadas."
  },
  jobWorkedOn: {
    en: "This job is being worked on at this moment.",
    id: "Pekerjaan ini sedang dikerjakan.",
    es: "Esta tarea se está realizando en este momento.",
    pt: "Esta tarefa está sendo feita neste momento."
  },
  noSchedule: {
    en: "There is no schedule \"{name}\".",
    id: "Tidak ada jadwal \"{name}\".",
    es: "No existe la programación \"{name}\".",
    pt: "Não existe o agendamento \"{name}\"."
  },
  notUtf8: {
    en: "The body is not valid UTF-8.",
    id: "Isi permintaan bukan UTF-8 yang sah.",
    es: "El contenido no es UTF-8 válido.",
    pt: "O conteúdo não é UTF-8 válido."
  },
  nestedBeyond: {
    en: "The body is nested deeper than {levels} levels.",
    id: "Isi permintaan bersarang lebih dari {levels} tingkat.",
    es: "El contenido está anidado a más de {levels} niveles.",
    pt: "O conteúdo está aninhado a mais de {levels} níveis."
  },
  nestedTooDeeply: {
    en: "The body is nested too deeply.",
    id: "Isi permintaan bersarang terlalu dalam.",
    es: "El contenido está anidado demasiado profundamente.",
    pt: "O conteúdo está aninhado demais."
  },
  malformedMultipart: {
    en: "The multipart body is malformed.",
    id: "Isi multipart tidak benar.",
    es: "El contenido multipart está mal formado.",
    pt: "O conteúdo multipart está malformado."
  },
  bodyTooSlow: {
    en: "The body did not arrive in time.",
    id: "Isi permintaan tidak tiba tepat waktu.",
    es: "El contenido no llegó a tiempo.",
    pt: "O conteúdo não chegou a tempo."
  },
  notHttp: {
    en: "This is not a valid HTTP/1.1 request.",
    id: "Ini bukan permintaan HTTP/1.1 yang sah.",
    es: "Esto no es una solicitud HTTP/1.1 válida.",
    pt: "Isto não é um pedido HTTP/1.1 válido."
  },
  largeHeaders: {
    en: "The request's headers are larger than 16 kB.",
    id: "Header permintaan lebih besar dari 16 kB.",
    es: "Las cabeceras de la solicitud superan los 16 kB.",
    pt: "Os cabeçalhos do pedido passam de 16 kB."
  },
  chunkExtensions: {
    en: "The chunks of the body carry too many extensions.",
    id: "Potongan isi permintaan membawa terlalu banyak ekstensi.",
    es: "Los fragmentos del contenido llevan demasiadas extensiones.",
    pt: "Os fragmentos do conteúdo trazem extensões demais."
  },
  requestTooSlow: {
    en: "The request did not arrive in time.",
    id: "Permintaan tidak tiba tepat waktu.",
    es: "La solicitud no llegó a tiempo.",
    pt: "O pedido não chegou a tempo."
  },
  noProblemNamed: {
    en: "There is no problem of that name.",
    id: "Tidak ada masalah dengan nama itu.",
    es: "No hay ningún problema con ese nombre.",
    pt: "Não há problema com esse nome."
  },
  keyShape: {
    en: "An idempotency key has 1 to 190 visible ASCII characters.",
    id: "Kunci idempotensi memiliki 1 sampai 190 karakter ASCII yang terlihat.",
    es: "Una clave de idempotencia tiene de 1 a 190 caracteres ASCII visibles.",
    pt: "Uma chave de idempotência tem de 1 a 190 caracteres ASCII visíveis."
  },
  keyInFlight: {
    en: "Repeat the request a little later to get its answer.",
    id: "Ulangi permintaan sebentar lagi untuk mendapat jawabannya.",
    es: "Repita la solicitud un poco más tarde para obtener su respuesta.",
    pt: "Repita o pedido um pouco mais tarde para obter a resposta."
  },
  keyReused: {
    en: "This key was used for another request; use a new key, or repeat that request unchanged.",
    id: "Kunci ini dipakai untuk permintaan lain; pakai kunci baru, atau ulangi permintaan itu tanpa perubahan.",
    es: "Esta clave se usó para otra solicitud; use una nueva o repita aquella sin cambios.",
    pt: "Esta chave foi usada em outro pedido; use uma nova ou repita aquele sem mudanças."
  },
  noForms: {
    en: "This message has no forms by number.",
    id: "Pesan ini tidak memiliki bentuk menurut jumlah.",
    es: "Este mensaje no tiene formas según el número.",
    pt: "Esta mensagem não tem formas por número."
  },
  noSuchForm: {
    en: "{language} has no such form; it has {forms}.",
    id: "{language} tidak memiliki bentuk itu; yang ada {forms}.",
    es: "{language} no tiene esa forma; tiene {forms}.",
    pt: "{language} não tem essa forma; tem {forms}."
  },
  textSaysSomething: {
    en: "A text says something.",
    id: "Teks tidak boleh kosong.",
    es: "Un texto dice algo.",
    pt: "Um texto diz algo."
  },
  noPlaceAtAll: {
    en: "There is no {place} here; this message has none.",
    id: "Tidak ada {place} di sini; pesan ini tidak punya.",
    es: "Aquí no hay {place}; este mensaje no tiene ninguno.",
    pt: "Não há {place} aqui; esta mensagem não tem nenhum."
  },
  noSuchPlace: {
    en: "There is no {place} here; known are {known}.",
    id: "Tidak ada {place} di sini; yang ada {known}.",
    es: "Aquí no hay {place}; se conocen {known}.",
    pt: "Não há {place} aqui; conhecem-se {known}."
  },
  looseBrace: {
    en: "A brace belongs to a place such as {name}.",
    id: "Kurung kurawal hanya untuk tempat seperti {name}.",
    es: "Una llave pertenece a un lugar como {name}.",
    pt: "Uma chave pertence a um lugar como {name}."
  },
  otherOrder: {
    en: "This cursor was made for sort={sort}: give it back with the same order.",
    id: "Kursor ini dibuat untuk sort={sort}: kembalikan dengan urutan yang sama.",
    es: "Este cursor se creó para sort={sort}: devuélvalo con el mismo orden.",
    pt: "Este cursor foi feito para sort={sort}: devolva-o com a mesma ordem."
  },
  jobsEnded: {
    en: "All of its jobs have ended.",
    id: "Semua pekerjaannya sudah selesai.",
    es: "Todas sus tareas han terminado.",
    pt: "Todas as suas tarefas terminaram."
  },
  batchCancelled: {
    en: "The batch was cancelled.",
    id: "Batch itu dibatalkan.",
    es: "El lote se canceló.",
    pt: "O lote foi cancelado."
  },
  problemsSame: {
    en: "What problems say is the same for every organization.",
    id: "Bunyi masalah sama bagi setiap organisasi.",
    es: "Lo que dicen los problemas es igual para todas las organizaciones.",
    pt: "O que os problemas dizem é igual para todas as organizações."
  },
  mailByTemplate: {
    en: "What mail says is replaced by a template (/v1/mail/templates).",
    id: "Bunyi email diganti dengan templat (/v1/mail/templates).",
    es: "Lo que dice el correo se cambia con una plantilla (/v1/mail/templates).",
    pt: "O que o e-mail diz é trocado por um modelo (/v1/mail/templates)."
  },
  tooManyRequests: {
    en: "Too many requests.",
    id: "Terlalu banyak permintaan.",
    es: "Demasiadas solicitudes.",
    pt: "Pedidos demais."
  }
} as const satisfies Definitions
