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
export const details = MessageCatalogue.define("conversations-problem-details", {
  moveToItself: {
    en: "An account is moved to another one.",
    id: "Akun dipindahkan ke akun lain.",
    es: "Una cuenta se traslada a otra.",
    pt: "Uma conta é movida para outra."
  },
  moveToDisabled: {
    en: "This channel account is disabled.",
    id: "Akun kanal ini dinonaktifkan.",
    es: "Esta cuenta de canal está desactivada.",
    pt: "Esta conta de canal está desativada."
  },
  movedElsewhere: {
    en: "This account is being moved to another one already.",
    id: "Akun ini sedang dipindahkan ke akun lain.",
    es: "Esta cuenta ya se está trasladando a otra.",
    pt: "Esta conta já está sendo movida para outra."
  },
  accountOrChannel: {
    en: "Give either an account or a channel.",
    id: "Sebutkan satu akun atau satu kanal.",
    es: "Indique una cuenta o un canal.",
    pt: "Indique uma conta ou um canal."
  },
  noDefaultAccount: {
    en: "This channel has no default account.",
    id: "Kanal ini tidak punya akun bawaan.",
    es: "Este canal no tiene una cuenta predeterminada.",
    pt: "Este canal não tem uma conta padrão."
  },
  noSuchMessage: {
    en: "There is no such message in this conversation.",
    id: "Pesan itu tidak ada di percakapan ini.",
    es: "No existe ese mensaje en esta conversación.",
    pt: "Não existe essa mensagem nesta conversa."
  },
  closedForGood: {
    en: "It was closed for good.",
    id: "Percakapan ini sudah ditutup selamanya.",
    es: "Se cerró definitivamente.",
    pt: "Foi fechada em definitivo."
  },
  keyLength: {
    en: "Give 1 to 150 characters.",
    id: "Berikan 1 sampai 150 karakter.",
    es: "Escriba de 1 a 150 caracteres.",
    pt: "Escreva de 1 a 150 caracteres."
  },
  ownedNow: {
    en: "The conversation is owned by {owner} now (epoch {epoch}).",
    id: "Percakapan ini sekarang dipegang {owner} (epoch {epoch}).",
    es: "La conversación es ahora de {owner} (época {epoch}).",
    pt: "A conversa agora é de {owner} (época {epoch})."
  },
  oneperson: {
    en: "A conversation is started with one person, by an address of theirs.",
    id: "Percakapan dimulai dengan satu orang, melalui alamatnya.",
    es: "Una conversación se inicia con una persona, por una dirección suya.",
    pt: "Uma conversa começa com uma pessoa, por um endereço dela."
  },
  addressLength: {
    en: "Give 1 to 190 characters.",
    id: "Berikan 1 sampai 190 karakter.",
    es: "Escriba de 1 a 190 caracteres.",
    pt: "Escreva de 1 a 190 caracteres."
  },
  onlyPersonTakes: {
    en: "Only a person can take a conversation over.",
    id: "Hanya orang yang dapat mengambil alih percakapan.",
    es: "Solo una persona puede hacerse cargo de una conversación.",
    pt: "Só uma pessoa pode assumir uma conversa."
  },
  notActiveMember: {
    en: "This person is not an active member of the organization.",
    id: "Orang ini bukan anggota aktif organisasi.",
    es: "Esta persona no es un miembro activo de la organización.",
    pt: "Esta pessoa não é membro ativo da organização."
  },
  canBeSent: {
    en: "This message can be sent.",
    id: "Pesan ini dapat dikirim.",
    es: "Este mensaje se puede enviar.",
    pt: "Esta mensagem pode ser enviada."
  },
  organizationSilent: {
    en: "The organization is {status}: nothing is sent.",
    id: "Organisasi berstatus {status}: tidak ada yang dikirim.",
    es: "La organización está en estado {status}: no se envía nada.",
    pt: "A organização está em estado {status}: nada é enviado."
  },
  needsTemplate: {
    en: "The customer's last message is too long ago: only a template can be sent now.",
    id: "Pesan terakhir pelanggan sudah terlalu lama: sekarang hanya templat yang dapat dikirim.",
    es: "El último mensaje del cliente es demasiado antiguo: ahora solo se puede enviar una plantilla.",
    pt: "A última mensagem do cliente é antiga demais: agora só se pode enviar um modelo."
  },
  noMarketing: {
    en: "The customer refused marketing messages.",
    id: "Pelanggan menolak pesan pemasaran.",
    es: "El cliente rechazó los mensajes de marketing.",
    pt: "O cliente recusou mensagens de marketing."
  },
  noFurther: {
    en: "The customer refused further messages.",
    id: "Pelanggan menolak pesan selanjutnya.",
    es: "El cliente rechazó más mensajes.",
    pt: "O cliente recusou novas mensagens."
  },
  accountCantSend: {
    en: "The channel account can't send now: {state}.",
    id: "Akun kanal sedang tidak dapat mengirim: {state}.",
    es: "La cuenta de canal no puede enviar ahora: {state}.",
    pt: "A conta de canal não pode enviar agora: {state}."
  },
  cantCarry: {
    en: "This channel can't carry content of the type \"{content}\".",
    id: "Kanal ini tidak dapat membawa isi jenis \"{content}\".",
    es: "Este canal no admite contenido del tipo \"{content}\".",
    pt: "Este canal não leva conteúdo do tipo \"{content}\"."
  },
  noTemplate: {
    en: "There is no template \"{name}\" in the language {language}.",
    id: "Tidak ada templat \"{name}\" dalam bahasa {language}.",
    es: "No existe la plantilla \"{name}\" en el idioma {language}.",
    pt: "Não existe o modelo \"{name}\" no idioma {language}."
  },
  templateUnusable: {
    en: "The template \"{name}\" in the language {language} can't be used: it is {status}.",
    id: "Templat \"{name}\" dalam bahasa {language} tidak dapat dipakai: statusnya {status}.",
    es: "La plantilla \"{name}\" en el idioma {language} no se puede usar: está en estado {status}.",
    pt: "O modelo \"{name}\" no idioma {language} não pode ser usado: está em estado {status}."
  },
  cantAct: {
    en: "This channel can't do this to messages that were sent.",
    id: "Kanal ini tidak dapat melakukannya pada pesan yang sudah dikirim.",
    es: "Este canal no puede hacer esto con mensajes ya enviados.",
    pt: "Este canal não pode fazer isto com mensagens já enviadas."
  },
  noPoll: {
    en: "Only polls can be voted in.",
    id: "Hanya jajak pendapat yang bisa dipilih jawabannya.",
    es: "Solo se puede votar en encuestas.",
    pt: "Só é possível votar em enquetes."
  },
  oneAnswer: {
    en: "Only one answer of this poll can be chosen.",
    id: "Hanya satu jawaban jajak pendapat ini yang bisa dipilih.",
    es: "En esta encuesta solo se puede elegir una respuesta.",
    pt: "Nesta enquete só é possível escolher uma resposta."
  },
  noAnswer: {
    en: "The poll has no such answer.",
    id: "Jajak pendapat ini tidak punya jawaban itu.",
    es: "La encuesta no tiene esa respuesta.",
    pt: "A enquete não tem essa resposta."
  },
  notSent: {
    en: "The message has not been sent.",
    id: "Pesan ini belum terkirim.",
    es: "El mensaje no se ha enviado.",
    pt: "A mensagem não foi enviada."
  },
  wasDeleted: {
    en: "The message was deleted.",
    id: "Pesan ini sudah dihapus.",
    es: "El mensaje fue eliminado.",
    pt: "A mensagem foi apagada."
  },
  onlyOwn: {
    en: "Only messages of the business can be edited or deleted.",
    id: "Hanya pesan dari pihak usaha yang dapat diubah atau dihapus.",
    es: "Solo se pueden editar o eliminar los mensajes de la empresa.",
    pt: "Só as mensagens da empresa podem ser editadas ou apagadas."
  },
  onlyTexts: {
    en: "Only texts can be edited.",
    id: "Hanya teks yang dapat diubah.",
    es: "Solo se pueden editar textos.",
    pt: "Só textos podem ser editados."
  },
  tooOldToEdit: {
    en: "The message is too old to be edited: {minutes} minutes are allowed.",
    id: "Pesan ini terlalu lama untuk diubah: batasnya {minutes} menit.",
    es: "El mensaje es demasiado antiguo para editarlo: se permiten {minutes} minutos.",
    pt: "A mensagem é antiga demais para ser editada: são permitidos {minutes} minutos."
  },
  cantForward: {
    en: "This message can't be forwarded.",
    id: "Pesan ini tidak dapat diteruskan.",
    es: "Este mensaje no se puede reenviar.",
    pt: "Esta mensagem não pode ser encaminhada."
  },
  forwardElsewhere: {
    en: "A message is forwarded within its channel account.",
    id: "Pesan diteruskan di dalam akun kanalnya sendiri.",
    es: "Un mensaje se reenvía dentro de su cuenta de canal.",
    pt: "Uma mensagem é encaminhada dentro da sua conta de canal."
  },
  maybeSent: {
    en: "The message may have been sent: it is not sent again.",
    id: "Pesan ini mungkin sudah terkirim: pesan tidak dikirim lagi.",
    es: "Es posible que el mensaje se haya enviado: no se envía de nuevo.",
    pt: "A mensagem pode ter sido enviada: não é enviada de novo."
  },
  notResendable: {
    en: "Only messages that failed before they were sent are sent again.",
    id: "Hanya pesan yang gagal sebelum terkirim yang dikirim lagi.",
    es: "Solo se envían de nuevo los mensajes que fallaron antes de enviarse.",
    pt: "Só são enviadas de novo as mensagens que falharam antes de serem enviadas."
  },
  saidBefore: {
    en: "The conversation has changed hands since the bot said this.",
    id: "Percakapan ini sudah berpindah tangan sejak bot menulisnya.",
    es: "La conversación cambió de manos desde que el bot dijo esto.",
    pt: "A conversa mudou de mãos desde que o bot disse isto."
  },
  noTemplates: {
    en: "This server knows no templates: give the provider's components.",
    id: "Server ini tidak mengenal templat: berikan komponen penyedia.",
    es: "Este servidor no conoce plantillas: indique los componentes del proveedor.",
    pt: "Este servidor não conhece modelos: indique os componentes do provedor."
  }
}, { use: "problem-details" })
