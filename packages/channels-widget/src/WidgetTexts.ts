/**
 * What the widget itself says. It comes with these texts, for what it says before it has reached the server; the server
 * tells it the organization's own words, and languages that it does not have.
 *
 * @since 0.1.0
 */
import * as Languages from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import type { Spoken } from "@wicara/core/MessageTexts"

/**
 * @category texts
 * @since 0.1.0
 */
export const texts = MessageCatalogue.define("widget", {
  open: {
    en: "Open chat",
    id: "Buka obrolan",
    es: "Abrir el chat",
    pt: "Abrir o chat"
  },
  close: {
    en: "Close chat",
    id: "Tutup obrolan",
    es: "Cerrar el chat",
    pt: "Fechar o chat"
  },
  title: {
    en: "Chat with us",
    id: "Mengobrol dengan kami",
    es: "Chatea con nosotros",
    pt: "Fale conosco"
  },
  greeting: {
    en: "Hello! How can we help?",
    id: "Halo! Ada yang bisa kami bantu?",
    es: "¡Hola! ¿En qué podemos ayudarte?",
    pt: "Olá! Como podemos ajudar?"
  },
  conversation: {
    en: "Conversation",
    id: "Percakapan",
    es: "Conversación",
    pt: "Conversa"
  },
  placeholder: {
    en: "Write a message…",
    id: "Tulis pesan…",
    es: "Escribe un mensaje…",
    pt: "Escreva uma mensagem…"
  },
  message: {
    en: "Your message",
    id: "Pesan Anda",
    es: "Tu mensaje",
    pt: "Sua mensagem"
  },
  send: {
    en: "Send",
    id: "Kirim",
    es: "Enviar",
    pt: "Enviar"
  },
  online: {
    en: "We usually answer right away",
    id: "Biasanya kami langsung membalas",
    es: "Solemos responder enseguida",
    pt: "Costumamos responder na hora"
  },
  connecting: {
    en: "Connecting…",
    id: "Menghubungkan…",
    es: "Conectando…",
    pt: "Conectando…"
  },
  offline: {
    en: "You are offline. What you write is sent when you are back.",
    id: "Anda sedang luring. Pesan akan dikirim saat Anda kembali daring.",
    es: "Estás sin conexión. Lo que escribas se enviará cuando vuelvas.",
    pt: "Você está sem conexão. O que escrever será enviado quando voltar."
  },
  reconnecting: {
    en: "Connection lost. Trying again…",
    id: "Koneksi terputus. Mencoba lagi…",
    es: "Se perdió la conexión. Intentando de nuevo…",
    pt: "A conexão caiu. Tentando de novo…"
  },
  sending: {
    en: "Sending",
    id: "Mengirim",
    es: "Enviando",
    pt: "Enviando"
  },
  waiting: {
    en: "Waiting for a connection",
    id: "Menunggu koneksi",
    es: "Esperando conexión",
    pt: "Aguardando conexão"
  },
  sent: {
    en: "Sent",
    id: "Terkirim",
    es: "Enviado",
    pt: "Enviado"
  },
  read: {
    en: "Read",
    id: "Dibaca",
    es: "Leído",
    pt: "Lido"
  },
  failed: {
    en: "Not sent",
    id: "Tidak terkirim",
    es: "No enviado",
    pt: "Não enviado"
  },
  retry: {
    en: "Try again",
    id: "Coba lagi",
    es: "Reintentar",
    pt: "Tentar de novo"
  },
  discard: {
    en: "Discard",
    id: "Buang",
    es: "Descartar",
    pt: "Descartar"
  },
  typing: {
    en: "Writing a reply…",
    id: "Sedang menulis balasan…",
    es: "Escribiendo una respuesta…",
    pt: "Escrevendo uma resposta…"
  },
  you: {
    en: "You",
    id: "Anda",
    es: "Tú",
    pt: "Você"
  },
  them: {
    en: "Support",
    id: "Layanan pelanggan",
    es: "Atención al cliente",
    pt: "Atendimento"
  },
  earlier: {
    en: "Show earlier messages",
    id: "Tampilkan pesan sebelumnya",
    es: "Ver mensajes anteriores",
    pt: "Ver mensagens anteriores"
  },
  today: {
    en: "Today",
    id: "Hari ini",
    es: "Hoy",
    pt: "Hoje"
  },
  yesterday: {
    en: "Yesterday",
    id: "Kemarin",
    es: "Ayer",
    pt: "Ontem"
  },
  newest: {
    en: "Go to the newest message",
    id: "Ke pesan terbaru",
    es: "Ir al mensaje más reciente",
    pt: "Ir para a mensagem mais recente"
  },
  unread: {
    en: { one: "1 new message", other: "{count} new messages" },
    id: { other: "{count} pesan baru" },
    es: { one: "1 mensaje nuevo", other: "{count} mensajes nuevos" },
    pt: { one: "1 mensagem nova", other: "{count} mensagens novas" }
  },
  tooLong: {
    en: "At most {limit} characters fit into one message.",
    id: "Satu pesan paling panjang {limit} karakter.",
    es: "Un mensaje admite hasta {limit} caracteres.",
    pt: "Uma mensagem aceita até {limit} caracteres."
  },
  attachment: {
    en: "Attachment",
    id: "Lampiran",
    es: "Archivo adjunto",
    pt: "Anexo"
  },
  image: {
    en: "Picture",
    id: "Gambar",
    es: "Imagen",
    pt: "Imagem"
  },
  opensInNewTab: {
    en: "opens in a new tab",
    id: "dibuka di tab baru",
    es: "se abre en una pestaña nueva",
    pt: "abre em uma nova aba"
  },
  start: {
    en: "Start the chat",
    id: "Mulai obrolan",
    es: "Empezar el chat",
    pt: "Iniciar o chat"
  },
  required: {
    en: "required",
    id: "wajib",
    es: "obligatorio",
    pt: "obrigatório"
  },
  choose: {
    en: "Choose…",
    id: "Pilih…",
    es: "Elige…",
    pt: "Escolha…"
  },
  answerMissing: {
    en: "Please fill this in.",
    id: "Mohon isi bagian ini.",
    es: "Completa este campo.",
    pt: "Preencha este campo."
  },
  answerEmail: {
    en: "Please enter an e-mail address such as name@example.com.",
    id: "Masukkan alamat email seperti nama@contoh.com.",
    es: "Escribe un correo como nombre@ejemplo.com.",
    pt: "Digite um e-mail como nome@exemplo.com."
  },
  answerPhone: {
    en: "Please enter a phone number.",
    id: "Masukkan nomor telepon.",
    es: "Escribe un número de teléfono.",
    pt: "Digite um número de telefone."
  },
  consentMissing: {
    en: "Please agree to this to go on.",
    id: "Mohon setujui ini untuk melanjutkan.",
    es: "Acepta esto para continuar.",
    pt: "Aceite isto para continuar."
  },
  notKept: {
    en: "That did not work. Please try again.",
    id: "Tidak berhasil. Silakan coba lagi.",
    es: "No ha funcionado. Inténtalo de nuevo.",
    pt: "Não funcionou. Tente de novo."
  },
  away: {
    en: "We are away right now",
    id: "Kami sedang tidak di tempat",
    es: "Ahora mismo no estamos",
    pt: "Não estamos no momento"
  },
  awayMessage: {
    en: "Write to us anyway: we answer as soon as we are back.",
    id: "Tetap tulis pesan: kami membalas begitu kembali.",
    es: "Escríbenos de todos modos: responderemos al volver.",
    pt: "Escreva mesmo assim: responderemos quando voltarmos."
  },
  email: {
    en: "Your e-mail address, for our answer",
    id: "Alamat email Anda, untuk balasan kami",
    es: "Tu correo, para responderte",
    pt: "Seu e-mail, para respondermos"
  },
  keep: {
    en: "Save",
    id: "Simpan",
    es: "Guardar",
    pt: "Salvar"
  },
  emailKept: {
    en: "Thank you. We will answer there, too.",
    id: "Terima kasih. Kami juga akan membalas ke sana.",
    es: "Gracias. También te responderemos ahí.",
    pt: "Obrigado. Também responderemos por lá."
  },
  rate: {
    en: "How was this conversation?",
    id: "Bagaimana percakapan ini?",
    es: "¿Qué te pareció esta conversación?",
    pt: "Como foi esta conversa?"
  },
  score1: {
    en: "Very bad",
    id: "Sangat buruk",
    es: "Muy mal",
    pt: "Muito ruim"
  },
  score2: {
    en: "Bad",
    id: "Buruk",
    es: "Mal",
    pt: "Ruim"
  },
  score3: {
    en: "Okay",
    id: "Cukup",
    es: "Regular",
    pt: "Regular"
  },
  score4: {
    en: "Good",
    id: "Baik",
    es: "Bien",
    pt: "Bom"
  },
  score5: {
    en: "Very good",
    id: "Sangat baik",
    es: "Muy bien",
    pt: "Muito bom"
  },
  solved: {
    en: "My question was answered",
    id: "Pertanyaan saya terjawab",
    es: "Respondieron a mi pregunta",
    pt: "Minha pergunta foi respondida"
  },
  comment: {
    en: "Anything else? (optional)",
    id: "Ada lagi? (opsional)",
    es: "¿Algo más? (opcional)",
    pt: "Algo mais? (opcional)"
  },
  sendRating: {
    en: "Send the rating",
    id: "Kirim penilaian",
    es: "Enviar la valoración",
    pt: "Enviar a avaliação"
  },
  rated: {
    en: "Thank you for your rating.",
    id: "Terima kasih atas penilaian Anda.",
    es: "Gracias por tu valoración.",
    pt: "Obrigado pela avaliação."
  },
  dismiss: {
    en: "Dismiss",
    id: "Tutup",
    es: "Descartar",
    pt: "Dispensar"
  },
  attach: {
    en: "Attach a file",
    id: "Lampirkan berkas",
    es: "Adjuntar un archivo",
    pt: "Anexar um arquivo"
  },
  remove: {
    en: "Remove {name}",
    id: "Hapus {name}",
    es: "Quitar {name}",
    pt: "Remover {name}"
  },
  uploading: {
    en: "Uploading {name}",
    id: "Mengunggah {name}",
    es: "Subiendo {name}",
    pt: "Enviando {name}"
  },
  attached: {
    en: "{name} is attached",
    id: "{name} terlampir",
    es: "{name} está adjunto",
    pt: "{name} está anexado"
  },
  tooLarge: {
    en: "{name} is too large.",
    id: "{name} terlalu besar.",
    es: "{name} es demasiado grande.",
    pt: "{name} é grande demais."
  },
  typeRefused: {
    en: "Files such as {name} are not taken.",
    id: "Berkas seperti {name} tidak diterima.",
    es: "No se aceptan archivos como {name}.",
    pt: "Arquivos como {name} não são aceitos."
  },
  infected: {
    en: "{name} was refused by the virus scanner.",
    id: "{name} ditolak oleh pemindai virus.",
    es: "El antivirus rechazó {name}.",
    pt: "O antivírus recusou {name}."
  },
  notUploaded: {
    en: "{name} could not be uploaded.",
    id: "{name} tidak dapat diunggah.",
    es: "No se pudo subir {name}.",
    pt: "Não foi possível enviar {name}."
  }
})

/**
 * What a browser is told that the widget does not know by itself.
 *
 * @category models
 * @since 0.1.0
 */
export const told = (spoken: Spoken<typeof texts.messages>): Readonly<Record<string, MessageCatalogue.Text>> => {
  const { language } = spoken
  return Languages.isComplete(language)
    ? Object.fromEntries(
      Object.entries(spoken.texts).filter(([key, text]) =>
        text !== (texts.messages as MessageCatalogue.Definitions)[key]?.[language]
      )
    )
    : spoken.texts
}
