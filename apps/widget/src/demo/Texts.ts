/**
 * The words of the demo page, in both of its languages.
 */
const en = {
  skip: "Skip to the site",
  demo: "Wicara demo",
  intro: "Write on the phone as a WhatsApp customer, or open the chat on the site: one knowledge base answers both.",
  settings: "The widget with other settings",
  language: "Language",
  theme: "Appearance",
  themes: { auto: "Auto", light: "Light", dark: "Dark" },
  tries: [
    "How much is the cheapest plan?",
    "The LOS light on my router is red",
    "When is my bill due?",
    "Berapa biaya pindah rumah?",
    "Do you sell laptops?",
    "I want to talk to a person"
  ],
  phone: {
    title: "A customer's phone",
    channel: "Connected through",
    cloud: "Cloud API",
    waha: "WAHA",
    cloudNote: "An emulator of Meta's own interface",
    wahaNote: "An emulator of a paired phone",
    chat: "Chat with Lintas Fiber",
    online: "online",
    typing: "typing…",
    offline: "connecting…",
    placeholder: "Message",
    field: "Message to Lintas Fiber",
    send: "Send",
    empty: "Say hello: ask about plans, bills, or an internet that is down.",
    today: "Today",
    you: "You",
    sending: "Sending",
    failed: "Not sent. Try again",
    sent: "Delivered",
    read: "Read",
    person: "written by a person",
    reset: "New customer"
  },
  nav: { plans: "Plans", how: "How it works", questions: "Questions" },
  hero: {
    kicker: "Fibre internet for Java's cities",
    title: "The internet that minds its own business.",
    text:
      "No data caps, no small print, no waiting room music. Fibre to your house in three working days, and somebody who answers when you write.",
    first: "See the plans",
    second: "Ask us now",
    facts: [
      ["Rp 199,000", "a month, tax and router included"],
      ["3 working days", "from payment to Wi-Fi"],
      ["24 hours", "support, day and night"]
    ]
  },
  plans: {
    title: "Four plans. All of them unlimited.",
    text: "The price you see is the price you pay.",
    month: "a month",
    up: "upload",
    popular: "Most chosen",
    ask: "Ask about it",
    question: (name: string) => `Tell me about the ${name} plan`,
    list: [
      { name: "Lintas 30", speed: "30", up: "15", price: "199,000", text: "For one or two who browse and watch." },
      { name: "Lintas 50", speed: "50", up: "25", price: "259,000", text: "For a family of three or four." },
      { name: "Lintas 100", speed: "100", up: "50", price: "349,000", text: "For full houses and video calls." },
      { name: "Lintas 300", speed: "300", up: "150", price: "549,000", text: "For gamers and big uploads." }
    ]
  },
  how: {
    title: "Connected in three steps",
    steps: [
      [
        "Check your street",
        "Send us your address in the chat. We are in Bandung, Cimahi, Yogyakarta, Sleman, Semarang and Malang."
      ],
      [
        "Pick a day",
        "We install from Monday to Saturday, in two to three hours. Somebody of 17 or older has to be at home."
      ],
      ["Go online", "Rp 150,000 for the installation, nothing if you pay six months ahead."]
    ]
  },
  questions: {
    title: "Asked every day",
    text: "Pick one, and ask it in the chat.",
    list: [
      "Which light on the router means trouble?",
      "How can I pay, and by when?",
      "I am moving house. What now?",
      "How do I change my Wi-Fi password?",
      "What do I get back when there was an outage?"
    ]
  },
  embed: {
    title: "One line puts it on any site",
    copy: "Copy",
    copied: "Copied"
  },
  footer: "Lintas Fiber is invented: no such company, plans or prices exist. Messages stay on this server.",
  unavailable: "The demo is not running on this server: start it with the demo switched on."
}

export type DemoTexts = typeof en

const id: DemoTexts = {
  skip: "Langsung ke situs",
  demo: "Demo Wicara",
  intro:
    "Tulis di ponsel sebagai pelanggan WhatsApp, atau buka obrolan di situs: satu basis pengetahuan menjawab keduanya.",
  settings: "Widget dengan pengaturan lain",
  language: "Bahasa",
  theme: "Tampilan",
  themes: { auto: "Otomatis", light: "Terang", dark: "Gelap" },
  tries: [
    "Berapa harga paket termurah?",
    "Lampu LOS di router saya merah",
    "How much does moving house cost?",
    "Kapan tagihan saya jatuh tempo?",
    "Apakah kalian menjual laptop?",
    "Saya mau bicara dengan petugas"
  ],
  phone: {
    title: "Ponsel pelanggan",
    channel: "Terhubung lewat",
    cloud: "Cloud API",
    waha: "WAHA",
    cloudNote: "Emulator antarmuka resmi dari Meta",
    wahaNote: "Emulator ponsel yang ditautkan",
    chat: "Obrolan dengan Lintas Fiber",
    online: "daring",
    typing: "sedang mengetik…",
    offline: "menghubungkan…",
    placeholder: "Pesan",
    field: "Pesan untuk Lintas Fiber",
    send: "Kirim",
    empty: "Sapa dulu: tanyakan paket, tagihan, atau internet yang mati.",
    today: "Hari ini",
    you: "Anda",
    sending: "Mengirim",
    failed: "Tidak terkirim. Coba lagi",
    sent: "Tersampaikan",
    read: "Dibaca",
    person: "ditulis oleh petugas",
    reset: "Pelanggan baru"
  },
  nav: { plans: "Paket", how: "Cara kerja", questions: "Pertanyaan" },
  hero: {
    kicker: "Internet fiber untuk kota-kota di Jawa",
    title: "Internet yang bekerja tanpa banyak drama.",
    text:
      "Tanpa batas kuota, tanpa syarat tersembunyi, tanpa musik tunggu. Fiber sampai ke rumah dalam tiga hari kerja, dan selalu ada yang menjawab saat Anda menulis.",
    first: "Lihat paket",
    second: "Tanya sekarang",
    facts: [
      ["Rp 199.000", "per bulan, termasuk pajak dan router"],
      ["3 hari kerja", "dari pembayaran sampai Wi-Fi"],
      ["24 jam", "bantuan, siang dan malam"]
    ]
  },
  plans: {
    title: "Empat paket. Semuanya tanpa batas.",
    text: "Harga yang Anda lihat adalah harga yang Anda bayar.",
    month: "per bulan",
    up: "unggah",
    popular: "Paling diminati",
    ask: "Tanyakan",
    question: (name) => `Ceritakan tentang paket ${name}`,
    list: [
      {
        name: "Lintas 30",
        speed: "30",
        up: "15",
        price: "199.000",
        text: "Untuk satu atau dua orang yang berselancar dan menonton."
      },
      { name: "Lintas 50", speed: "50", up: "25", price: "259.000", text: "Untuk keluarga tiga atau empat orang." },
      { name: "Lintas 100", speed: "100", up: "50", price: "349.000", text: "Untuk rumah ramai dan panggilan video." },
      { name: "Lintas 300", speed: "300", up: "150", price: "549.000", text: "Untuk gamer dan unggahan besar." }
    ]
  },
  how: {
    title: "Tersambung dalam tiga langkah",
    steps: [
      [
        "Periksa jalan Anda",
        "Kirim alamat lewat obrolan. Kami ada di Bandung, Cimahi, Yogyakarta, Sleman, Semarang, dan Malang."
      ],
      [
        "Pilih hari",
        "Kami memasang Senin sampai Sabtu, dua sampai tiga jam. Harus ada orang berusia 17 tahun atau lebih di rumah."
      ],
      ["Langsung daring", "Pemasangan Rp 150.000, gratis jika membayar enam bulan di muka."]
    ]
  },
  questions: {
    title: "Ditanyakan setiap hari",
    text: "Pilih satu, lalu tanyakan di obrolan.",
    list: [
      "Lampu router mana yang berarti ada masalah?",
      "Bagaimana cara membayar, dan sampai kapan?",
      "Saya pindah rumah. Bagaimana?",
      "Bagaimana mengganti kata sandi Wi-Fi?",
      "Apa gantinya kalau ada gangguan?"
    ]
  },
  embed: {
    title: "Satu baris memasangnya di situs mana pun",
    copy: "Salin",
    copied: "Tersalin"
  },
  footer: "Lintas Fiber adalah rekaan: perusahaan, paket, dan harganya tidak ada. Pesan tetap di server ini.",
  unavailable: "Demo tidak berjalan di server ini: jalankan dengan demo dinyalakan."
}

export const demoTexts: Readonly<Record<"en" | "id", DemoTexts>> = { en, id }
