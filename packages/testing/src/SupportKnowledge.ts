/**
 * A small bilingual knowledge base of an invented internet provider, with questions as customers type them: answered
 * by it, near its subject but not answered by it, and about something else. For tests of retrieval and of grounded
 * answers.
 *
 * @since 0.1.0
 */

/** A question/answer pair, or an article when it has no questions. @category models @since 0.1.0 */
export interface SupportEntry {
  readonly id: string
  readonly language: "en" | "id"
  readonly title: string
  readonly questions: ReadonlyArray<string>
  readonly text: string
}

/** A customer's question and the topic (the entry's id without its language) that answers it; `null`: none. @category models @since 0.1.0 */
export interface SupportQuestion {
  readonly text: string
  readonly language: "en" | "id"
  readonly topic: string | null
}

const pair = (
  topic: string,
  en: { readonly questions: ReadonlyArray<string>; readonly text: string },
  id: { readonly questions: ReadonlyArray<string>; readonly text: string }
): ReadonlyArray<SupportEntry> => [
  { id: `${topic}-en`, language: "en", title: en.questions[0] ?? topic, ...en },
  { id: `${topic}-id`, language: "id", title: id.questions[0] ?? topic, ...id }
]

/** @category fixtures @since 0.1.0 */
export const entries: ReadonlyArray<SupportEntry> = [
  ...pair("plans", {
    questions: [
      "Which internet plans do you offer and what do they cost?",
      "How much is the monthly fee?",
      "Price list"
    ],
    text:
      "We have three home plans: Lintang 30 (30 Mbps) for Rp 249,000 a month, Lintang 50 (50 Mbps) for Rp 329,000 a month and Lintang 100 (100 Mbps) for Rp 449,000 a month. Prices include tax."
  }, {
    questions: ["Paket internet apa saja yang tersedia dan berapa harganya?", "Berapa biaya bulanan?", "Daftar harga"],
    text:
      "Ada tiga paket rumah: Lintang 30 (30 Mbps) Rp 249.000 per bulan, Lintang 50 (50 Mbps) Rp 329.000 per bulan, dan Lintang 100 (100 Mbps) Rp 449.000 per bulan. Harga sudah termasuk pajak."
  }),
  ...pair("installation", {
    questions: ["How much does installation cost and how long does it take?", "Is there a setup fee?"],
    text:
      "Installation costs Rp 150,000 once and is free with a 12-month contract. A technician comes within 3 working days and the work takes about two hours."
  }, {
    questions: ["Berapa biaya pemasangan dan berapa lama prosesnya?", "Apakah ada biaya instalasi?"],
    text:
      "Biaya pemasangan Rp 150.000 satu kali dan gratis dengan kontrak 12 bulan. Teknisi datang dalam 3 hari kerja dan pengerjaan sekitar dua jam."
  }),
  ...pair("router", {
    questions: ["Is a router included?", "Do I need my own modem?"],
    text:
      "Yes. Every plan includes a Wi-Fi 6 router on loan. It stays our property and must be returned when the service ends."
  }, {
    questions: ["Apakah sudah termasuk router?", "Apakah saya perlu modem sendiri?"],
    text:
      "Ya. Setiap paket sudah termasuk router Wi-Fi 6 pinjaman. Router tetap milik kami dan harus dikembalikan saat layanan berakhir."
  }),
  ...pair("slow", {
    questions: ["Why is my internet slow?", "My connection is very slow, what can I do?"],
    text:
      "Restart the router: unplug it, wait 30 seconds and plug it in again. Then test the speed with a cable. If it stays below half of your plan's speed, write to us with your customer number and we will check the line."
  }, {
    questions: ["Kenapa internet saya lambat?", "Koneksi lemot, apa yang harus dilakukan?"],
    text:
      "Mulai ulang router: cabut kabel listrik, tunggu 30 detik, lalu colokkan lagi. Kemudian uji kecepatan dengan kabel LAN. Jika tetap di bawah separuh kecepatan paket, kirimkan nomor pelanggan Anda agar jalur kami periksa."
  }),
  ...pair("red-light", {
    questions: ["The LOS light on the router is red", "What does a red blinking light mean?"],
    text:
      "A red LOS light means that no signal arrives through the fibre. Check that the yellow cable is firmly plugged in and not bent. If it stays red after 10 minutes, a technician has to come."
  }, {
    questions: ["Lampu LOS di router merah", "Apa artinya lampu merah berkedip?"],
    text:
      "Lampu LOS merah berarti tidak ada sinyal lewat kabel fiber. Pastikan kabel kuning terpasang rapat dan tidak tertekuk. Jika tetap merah setelah 10 menit, teknisi harus datang."
  }),
  ...pair("payment", {
    questions: ["How can I pay my bill?", "Which payment methods do you accept?"],
    text:
      "You can pay by bank transfer to a virtual account (BCA, Mandiri, BNI, BRI), by QRIS, or in cash at any Indomaret shop. Your payment is booked within 10 minutes."
  }, {
    questions: ["Bagaimana cara membayar tagihan?", "Metode pembayaran apa yang diterima?"],
    text:
      "Pembayaran bisa lewat transfer virtual account (BCA, Mandiri, BNI, BRI), QRIS, atau tunai di Indomaret. Pembayaran tercatat dalam 10 menit."
  }),
  ...pair("due-date", {
    questions: ["When is my bill due?", "Is there a penalty for late payment?"],
    text:
      "Bills are due on the 20th of each month. After the 25th the connection is suspended, and a late fee of Rp 25,000 is added."
  }, {
    questions: ["Kapan tagihan jatuh tempo?", "Apakah ada denda keterlambatan?"],
    text:
      "Tagihan jatuh tempo tanggal 20 setiap bulan. Setelah tanggal 25 koneksi diblokir sementara dan dikenakan denda Rp 25.000."
  }),
  ...pair("cancel", {
    questions: ["How do I cancel my subscription?", "I want to stop the service"],
    text:
      "Write to us at least 14 days before the end of the month and return the router to one of our offices. Within the first 12 months of a contract a fee of Rp 500,000 applies."
  }, {
    questions: ["Bagaimana cara berhenti berlangganan?", "Saya ingin memutus layanan"],
    text:
      "Beri tahu kami paling lambat 14 hari sebelum akhir bulan dan kembalikan router ke kantor kami. Dalam 12 bulan pertama kontrak berlaku biaya Rp 500.000."
  }),
  ...pair("move", {
    questions: ["I am moving, can I take my connection with me?", "Relocation to a new address"],
    text:
      "Yes, if the new address is in our coverage area. Relocation costs Rp 200,000 and should be requested 7 days before you move."
  }, {
    questions: ["Saya pindah rumah, apakah layanan bisa dipindahkan?", "Relokasi ke alamat baru"],
    text:
      "Bisa, jika alamat baru ada di area jangkauan kami. Biaya pindah alamat Rp 200.000 dan diajukan 7 hari sebelumnya."
  }),
  ...pair("coverage", {
    questions: ["Which cities do you cover?", "Is my area covered?"],
    text:
      "We serve Bandung, Cimahi, Sumedang and Garut. Send us your address or location and we check whether your street is covered."
  }, {
    questions: ["Kota mana saja yang terjangkau?", "Apakah daerah saya sudah tercover?"],
    text:
      "Kami melayani Bandung, Cimahi, Sumedang, dan Garut. Kirimkan alamat atau lokasi Anda, kami cek apakah jalan Anda terjangkau."
  }),
  ...pair("hours", {
    questions: ["What are your opening hours?", "When is the office open?"],
    text:
      "Our offices are open Monday to Saturday from 8:00 to 17:00. Support by chat is available every day from 7:00 to 22:00."
  }, {
    questions: ["Jam buka kantor?", "Kapan kantor buka?"],
    text:
      "Kantor kami buka Senin sampai Sabtu pukul 08.00 sampai 17.00. Dukungan lewat chat tersedia setiap hari pukul 07.00 sampai 22.00."
  }),
  ...pair("wifi-password", {
    questions: ["How do I change my Wi-Fi password?", "Forgot the Wi-Fi password"],
    text:
      "Open http://192.168.1.1 in a browser, sign in with the user name and password on the router's label, choose Wireless and then Security, type the new password and save."
  }, {
    questions: ["Bagaimana cara mengganti password Wi-Fi?", "Lupa kata sandi Wi-Fi"],
    text:
      "Buka http://192.168.1.1 di browser, masuk dengan nama pengguna dan sandi di label router, pilih Wireless lalu Security, ketik sandi baru dan simpan."
  }),
  ...pair("upgrade", {
    questions: ["How can I upgrade or downgrade my plan?", "Change to a faster package"],
    text:
      "Write to us which plan you want. An upgrade works within one hour and is charged for the rest of the month; a downgrade starts with the next bill."
  }, {
    questions: ["Bagaimana cara upgrade atau downgrade paket?", "Ganti ke paket yang lebih cepat"],
    text:
      "Tuliskan paket yang diinginkan. Upgrade aktif dalam satu jam dan ditagih untuk sisa bulan; downgrade berlaku mulai tagihan berikutnya."
  }),
  ...pair("limit", {
    questions: ["Is there a data limit?", "Fair usage policy"],
    text: "No. All home plans are unlimited and there is no fair usage policy."
  }, {
    questions: ["Apakah ada batas kuota?", "Apakah ada FUP?"],
    text: "Tidak. Semua paket rumah tanpa batas kuota dan tanpa FUP."
  }),
  ...pair("documents", {
    questions: ["Which documents do I need to register?", "How do I sign up?"],
    text:
      "To register we need a photo of your identity card (KTP), your address and a phone number. The contract is signed online."
  }, {
    questions: ["Dokumen apa yang diperlukan untuk mendaftar?", "Bagaimana cara daftar?"],
    text: "Untuk mendaftar kami perlu foto KTP, alamat, dan nomor telepon. Kontrak ditandatangani secara online."
  }),
  ...pair("refund", {
    questions: ["Do I get money back for an outage?", "Refund for downtime"],
    text:
      "If the connection is down for more than 24 hours, we credit one day of the monthly price for each started day on your next bill."
  }, {
    questions: ["Apakah ada kompensasi saat gangguan?", "Pengembalian uang jika internet mati"],
    text:
      "Jika koneksi mati lebih dari 24 jam, kami mengembalikan satu hari biaya bulanan untuk setiap hari gangguan pada tagihan berikutnya."
  }),
  {
    id: "business-en",
    language: "en",
    title: "Lintang Business",
    questions: [],
    text:
      "Lintang Business is our line for companies and schools. Every business connection has a guaranteed bandwidth of 50, 100 or 200 Mbps in both directions. A fixed public IP address is included. Faults are repaired within 4 hours, also at night and on Sundays.\nThe price depends on the place and starts at Rp 1,250,000 a month. A consultant visits you and makes an offer within two working days. The contract runs for 24 months."
  },
  {
    id: "business-id",
    language: "id",
    title: "Lintang Bisnis",
    questions: [],
    text:
      "Lintang Bisnis adalah layanan kami untuk perusahaan dan sekolah. Setiap koneksi bisnis memiliki bandwidth terjamin 50, 100, atau 200 Mbps dua arah. Alamat IP publik statis sudah termasuk. Gangguan diperbaiki dalam 4 jam, juga pada malam hari dan hari Minggu.\nHarga tergantung lokasi dan mulai dari Rp 1.250.000 per bulan. Konsultan akan berkunjung dan membuat penawaran dalam dua hari kerja. Kontrak berlaku 24 bulan."
  }
]

const asked = (
  language: "en" | "id",
  topic: string | null,
  ...texts: ReadonlyArray<string>
): ReadonlyArray<SupportQuestion> => texts.map((text) => ({ text, language, topic }))

/** Questions that an entry answers, in the words of customers. @category fixtures @since 0.1.0 */
export const answered: ReadonlyArray<SupportQuestion> = [
  ...asked(
    "en",
    "plans",
    "how much is the 50 mbps plan?",
    "what are your prices",
    "whats the monthly price for 100mbps",
    "can you send me the price list please"
  ),
  ...asked(
    "en",
    "installation",
    "how much for installation?",
    "is installation free",
    "how long does the installation take",
    "what is the setup fee"
  ),
  ...asked(
    "en",
    "router",
    "is the router included in the plan?",
    "do i have to buy a modem",
    "do you provide a wifi router"
  ),
  ...asked("en", "slow", "my internet is really slow today", "why is the connection so slow", "internet slow pls help"),
  ...asked(
    "en",
    "red-light",
    "there is a red light on my router",
    "the LOS light is blinking red",
    "red light on router, what now?"
  ),
  ...asked(
    "en",
    "payment",
    "how do I pay",
    "can I pay with QRIS?",
    "which payment methods are there",
    "hello, how can i pay my bill?"
  ),
  ...asked("en", "due-date", "when do I have to pay my bill", "what is the due date", "is there a late fee"),
  ...asked("en", "cancel", "i want to cancel my subscription", "how can I cancel", "how do i terminate the contract"),
  ...asked("en", "move", "im moving to a new house, can i take my internet with me", "how much is relocation"),
  ...asked("en", "coverage", "do you cover Garut?", "is my area covered?", "which cities do you serve"),
  ...asked("en", "hours", "what time do you open", "are your offices open on saturday?", "opening hours?"),
  ...asked(
    "en",
    "wifi-password",
    "how to change wifi password",
    "i forgot my wifi password",
    "change the password of my wi-fi"
  ),
  ...asked("en", "upgrade", "how do I upgrade my plan", "i want to upgrade to a faster package", "can i downgrade"),
  ...asked("en", "limit", "is there a data limit", "is it unlimited?", "do you have a fair usage policy"),
  ...asked("en", "documents", "what documents do i need to sign up", "how can i register"),
  ...asked("en", "refund", "do i get a refund for the outage", "refund when internet is down"),
  ...asked(
    "en",
    "business",
    "do business connections include a fixed ip?",
    "how fast are faults of business lines repaired",
    "how long is the contract for business"
  ),
  ...asked(
    "id",
    "plans",
    "berapa harga paket 50 mbps?",
    "harga paketnya berapa ya",
    "biaya per bulan berapa",
    "minta daftar harga dong kak"
  ),
  ...asked(
    "id",
    "installation",
    "biaya pasang berapa?",
    "berapa lama pemasangannya",
    "apakah pemasangan gratis",
    "ada biaya instalasi ga?"
  ),
  ...asked("id", "router", "routernya sudah termasuk?", "apakah perlu beli modem sendiri", "dapat router gak kak"),
  ...asked("id", "slow", "internet saya lemot", "kok koneksi lambat ya", "internet lemot banget min tolong"),
  ...asked("id", "red-light", "lampu los merah", "lampu di router merah terus", "kenapa lampu merah berkedip"),
  ...asked("id", "payment", "cara bayar tagihan gimana", "bisa bayar pakai QRIS?", "bayarnya lewat apa saja"),
  ...asked(
    "id",
    "due-date",
    "kapan jatuh tempo tagihan",
    "kena denda kalau telat bayar?",
    "tanggal berapa jatuh tempo"
  ),
  ...asked("id", "cancel", "saya mau berhenti berlangganan", "gimana cara berhenti langganan"),
  ...asked("id", "move", "saya mau pindah rumah, bisa dipindahkan layanannya?", "biaya pindah alamat berapa"),
  ...asked(
    "id",
    "coverage",
    "apakah Garut terjangkau?",
    "kota mana saja yang dilayani",
    "daerah saya sudah tercover belum"
  ),
  ...asked("id", "hours", "jam buka kantor", "kantor buka jam berapa", "hari sabtu kantornya buka?"),
  ...asked("id", "wifi-password", "cara ganti password wifi", "lupa sandi wifi", "gimana ganti kata sandi wi-fi"),
  ...asked(
    "id",
    "upgrade",
    "mau upgrade paket gimana",
    "cara ganti ke paket yang lebih cepat",
    "bisa downgrade paket?"
  ),
  ...asked("id", "limit", "ada kuota ga", "apakah ada FUP", "batas kuotanya berapa"),
  ...asked(
    "id",
    "documents",
    "dokumen apa saja untuk daftar",
    "cara daftarnya gimana",
    "syarat pendaftaran dokumen apa"
  ),
  ...asked("id", "refund", "ada kompensasi kalau internet mati?", "apakah dapat pengembalian uang saat gangguan"),
  ...asked("id", "business", "apakah paket bisnis dapat ip publik statis", "berapa lama kontrak bisnis")
]

/** Questions that sound like the entries' subject and that no entry answers. @category fixtures @since 0.1.0 */
export const nearby: ReadonlyArray<SupportQuestion> = [
  ...asked(
    "en",
    null,
    "how much is the 500 mbps plan?",
    "do you offer mobile sim cards?",
    "can i pay with bitcoin?",
    "who is the director of your company?",
    "do you have a student discount?",
    "is netflix included?",
    "can i get a static ip for my playstation at home",
    "what is the warranty on the laptop i bought from you",
    "do you sell iphones",
    "are you hiring technicians?",
    "how do I block websites for my kids",
    "can you call me back tomorrow at ten",
    "my last invoice shows a wrong amount",
    "the technician never came yesterday",
    "what is your bank account number for donations"
  ),
  ...asked(
    "id",
    null,
    "ada paket 500 mbps?",
    "apakah jual kartu sim?",
    "bisa bayar pakai bitcoin?",
    "siapa direktur perusahaan ini?",
    "ada diskon pelajar?",
    "apakah netflix termasuk?",
    "teknisi kemarin tidak datang",
    "ada lowongan kerja teknisi?",
    "gimana blokir situs untuk anak",
    "tagihan saya salah jumlahnya",
    "apakah ada paket tv kabel?"
  )
]

/** Questions about something else entirely. @category fixtures @since 0.1.0 */
export const unrelated: ReadonlyArray<SupportQuestion> = [
  ...asked(
    "en",
    null,
    "who won the world cup in 1998?",
    "what is the capital of mongolia",
    "can you write me a poem about the sea",
    "how do i bake sourdough bread",
    "what should i feed my cat",
    "translate good morning into french",
    "is it going to rain tomorrow",
    "what's the meaning of life?"
  ),
  ...asked(
    "id",
    null,
    "siapa presiden pertama indonesia?",
    "resep rendang yang enak",
    "cuaca besok di jakarta bagaimana",
    "tolong buatkan puisi tentang laut",
    "harga emas hari ini berapa",
    "jadwal kereta ke yogyakarta",
    "obat sakit kepala yang bagus apa"
  )
]
