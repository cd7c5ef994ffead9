/**
 * What the widget itself says, in the languages it knows.
 */
const en = {
  open: "Open chat",
  close: "Close chat",
  title: "Chat with us",
  greeting: "Hello! How can we help?",
  conversation: "Conversation",
  placeholder: "Write a message…",
  message: "Your message",
  send: "Send",
  online: "We usually answer right away",
  connecting: "Connecting…",
  offline: "You are offline. What you write is sent when you are back.",
  reconnecting: "Connection lost. Trying again…",
  sending: "Sending",
  waiting: "Waiting for a connection",
  sent: "Sent",
  read: "Read",
  failed: "Not sent",
  retry: "Try again",
  discard: "Discard",
  typing: "Writing a reply…",
  you: "You",
  them: "Support",
  earlier: "Show earlier messages",
  today: "Today",
  yesterday: "Yesterday",
  newest: "Go to the newest message",
  unread: (count: number) => count === 1 ? "1 new message" : `${count} new messages`,
  tooLong: (limit: number) => `At most ${limit} characters fit into one message.`,
  attachment: "Attachment",
  image: "Picture",
  opensInNewTab: "opens in a new tab"
}

export type Texts = typeof en

const id: Texts = {
  open: "Buka obrolan",
  close: "Tutup obrolan",
  title: "Mengobrol dengan kami",
  greeting: "Halo! Ada yang bisa kami bantu?",
  conversation: "Percakapan",
  placeholder: "Tulis pesan…",
  message: "Pesan Anda",
  send: "Kirim",
  online: "Biasanya kami langsung membalas",
  connecting: "Menghubungkan…",
  offline: "Anda sedang luring. Pesan akan dikirim saat Anda kembali daring.",
  reconnecting: "Koneksi terputus. Mencoba lagi…",
  sending: "Mengirim",
  waiting: "Menunggu koneksi",
  sent: "Terkirim",
  read: "Dibaca",
  failed: "Tidak terkirim",
  retry: "Coba lagi",
  discard: "Buang",
  typing: "Sedang menulis balasan…",
  you: "Anda",
  them: "Layanan pelanggan",
  earlier: "Tampilkan pesan sebelumnya",
  today: "Hari ini",
  yesterday: "Kemarin",
  newest: "Ke pesan terbaru",
  unread: (count) => `${count} pesan baru`,
  tooLong: (limit) => `Satu pesan paling panjang ${limit} karakter.`,
  attachment: "Lampiran",
  image: "Gambar",
  opensInNewTab: "dibuka di tab baru"
}

const es: Texts = {
  open: "Abrir el chat",
  close: "Cerrar el chat",
  title: "Chatea con nosotros",
  greeting: "¡Hola! ¿En qué podemos ayudarte?",
  conversation: "Conversación",
  placeholder: "Escribe un mensaje…",
  message: "Tu mensaje",
  send: "Enviar",
  online: "Solemos responder enseguida",
  connecting: "Conectando…",
  offline: "Estás sin conexión. Lo que escribas se enviará cuando vuelvas.",
  reconnecting: "Se perdió la conexión. Intentando de nuevo…",
  sending: "Enviando",
  waiting: "Esperando conexión",
  sent: "Enviado",
  read: "Leído",
  failed: "No enviado",
  retry: "Reintentar",
  discard: "Descartar",
  typing: "Escribiendo una respuesta…",
  you: "Tú",
  them: "Atención al cliente",
  earlier: "Ver mensajes anteriores",
  today: "Hoy",
  yesterday: "Ayer",
  newest: "Ir al mensaje más reciente",
  unread: (count) => count === 1 ? "1 mensaje nuevo" : `${count} mensajes nuevos`,
  tooLong: (limit) => `Un mensaje admite hasta ${limit} caracteres.`,
  attachment: "Archivo adjunto",
  image: "Imagen",
  opensInNewTab: "se abre en una pestaña nueva"
}

const byLanguage: Readonly<Record<string, Texts>> = { en, id, es, in: id }

/** The texts of the first of these languages that the widget knows, with its tag; English when it knows none. */
export const textsFor = (
  wanted: ReadonlyArray<string | undefined>
): { readonly tag: string; readonly texts: Texts } => {
  for (const tag of wanted) {
    const texts = byLanguage[tag?.toLowerCase().split("-")[0] ?? ""]
    if (tag !== undefined && texts !== undefined) return { tag, texts }
  }
  return { tag: "en", texts: en }
}
