/**
 * A light stemmer for Indonesian: particles and pronouns (`-lah`, `-nya`), derivational suffixes (`-kan`, `-an`, `-i`)
 * and prefixes (`me-`, `pe-`, `di-`, `ter-`, `ber-`, `ke-`, `se-`), each at most once or twice, in the order of
 * Nazief and Adriani.
 *
 * A nasal prefix swallows the first letter of its root (`mengirim` from `kirim`, `menulis` from `tulis`). Which letter
 * is lost follows from the nasal, except for the roots listed below; without this the verb and its noun would not
 * meet, which is what Snowball's Indonesian stemmer gets wrong.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ""))

/** Roots that begin with a vowel, so that `meng-` swallowed nothing (`mengubah`, `pengaturan`). */
const vowelRoots = words(`
  abai abdi acak acara acu ada adon adopsi adu aduk agenda agung ajak ajar aju akhir akibat akomodasi akses aktif aktivasi
  aku akui akumulasi akun akurat akut alam alami alamat alas alih alir alokasi alur amal aman amanat amat ambil analisa
  analisis ancam andal andai angan anggap anggar anggota angguk anggur angkat angkut angsur aniaya anjur antar
  antisipasi antre antri anut anyam apresiasi arah arsip arti arung asah asing asli asuh asumsi asuransi atas atasi atur
  audit awal awas awet ayun
  ecer edar edit efek ejek eja ekor ekspor eksekusi eksplorasi elak elu embun empas enak endap engkau erti esah
  estimasi evaluasi
  iba ibarat identifikasi iklan ikat ikhlas ikut ilham imbang imbau impor impi implementasi inap incar indeks indah
  indikasi industri infeksi informasi ingat ingin injak input insaf inspeksi instal instalasi instruksi integrasi
  intai intip investigasi investasi irama iring iris irit isap isi istilah istirahat isyarat izin
  obat obrol oleh olah oles olok omong operasi oper optimal orbit order organisasi otak otomatis otorisasi
  ubah ubek ucap ujar uji ukir ukur ulang ular ulas umpama umum umpul undang undi unduh unggah unggul unik ungkap ungkit
  update upah upaya urai urus urut usaha usap usir usul usung usut utama utang utara utus
`)

/** Roots that begin with `m`, so that `mem-`, `me-` swallowed nothing (`memulai`, `pemilik`). */
const mRoots = words(`
  maaf maju makan maki maklum makna makmur malas malu mampu mandat manfaat manja manis masak masuk mati mesin mimpi milik
  minat minta minum mohon modal modifikasi motivasi muat mudah mula mulai mulia muncul mundur murah murni musuh musnah
  musyawarah mutasi
`)

/** Roots that begin with `n` or `ny` (`menilai`, `penyala`). */
const nRoots = words(`
  nafi naik nama namai nanti nasihat negara negosiasi netral nikah nikmat nilai nobat nonton nomor normal notifikasi
  nyala nyaman nyanyi nyata nyenyak
`)

/** Roots whose first or last letters only look like an affix (`kepala`, `perlu`, `simpan`, `ganti`, `sekolah`). */
const wholeRoots = words(`
  simpan langgan tangan lapan delapan halaman perempuan dengan jangan teman makan jalan pesan bulan depan badan beban
  aman sopan iklan papan tekan hujan tahan pekan rekan lawan kawan tuan satuan pakan ringan kanan laman
  ganti kembali kunci henti bukti teliti erti seri resmi kopi televisi polisi bersih menteri negeri istri
  sendiri diri hari mandiri alami lari tadi pagi lagi nanti hati mati gigi tinggi rugi ahli asli kali beli beri
  cari jadi bagi uji gaji janji isi mimpi pribadi studi terapi teknologi energi strategi asuransi
  masalah sekolah rumah salah sudah mudah ubah murah jumlah olah belah lelah kalah panah tanah
  punya hanya tanya
  baik naik masak banyak gerak letak tindak cetak rusak balik tarik bentuk produk masuk duduk sibuk tampak pihak anak
  didik unik milik listrik publik klik grafik praktik kontak pajak kotak ajak desak injak tolak pasok cocok
  kereta kepala keluarga kerja kertas keras kecil kemas kenal kena kendala kelola keluar keluh kelas ketik ketat kebun
  kemudian kelompok kejar kering kertas kesan ketua kekal keliling kembang kemah kerabat kerap
  terbang terima tertib terang terus teras terjemah
  perintah pertama perlu perang peran perut percaya pernah periksa permisi persen persis pergi peristiwa periode
  beras berat benar besar berkas belas beku
  sedia sewa segel selesai sempat sehat sejarah sedih semangat seleksi server serah sebar sebut sesal sertifikat senang
  segera sekarang selamat selatan selenggara seluruh semua sengketa serang servis setel setor setuju sepak seni
  diskon dinas dikit direktur direksi digital divisi diam dinding dialog dikte dinamis diplomasi
  menit menang meja media medan merek merah mewah merdeka metode member memori menu meter
  pesawat peta pena penuh pentas pernah penting peluk pekik
`)

const vowel = /^[aeiou]/

const stripParticle = (word: string): string => {
  if (known(wholeRoots, word)) return word
  const match = /^(.{3,}?)(?:lah|kah|pun)$/.exec(word)
  return match?.[1] ?? word
}

const stripPronoun = (word: string): string => {
  if (wholeRoots.has(word) || word.endsWith("tanya")) return word
  const match = /^(.{3,}?)nya$/.exec(word) ?? /^(.{4,}?)(?:ku|mu)$/.exec(word)
  return match?.[1] ?? word
}

const stripSuffix = (word: string, verbal: boolean): string => {
  if (wholeRoots.has(word)) return word
  for (const suffix of ["kan", "an", "i"]) {
    if (word.endsWith(suffix) && wholeRoots.has(word.slice(0, -suffix.length))) return word.slice(0, -suffix.length)
  }
  if (word.endsWith("kan") && word.length >= 6) return word.slice(0, -3)
  if (word.endsWith("an") && word.length >= 6) return word.slice(0, -2)
  if (verbal && word.length >= 5 && /[^aeious]i$/.test(word)) return word.slice(0, -1)
  return word
}

/** Whether the word is a listed root, bare or with one suffix. */
const known = (roots: ReadonlySet<string>, rest: string): boolean => {
  if (roots.has(rest)) return true
  for (const suffix of ["kan", "an", "i", "nya"]) {
    if (rest.endsWith(suffix) && roots.has(rest.slice(0, -suffix.length))) return true
  }
  return false
}

/** The word without its `me-` or `pe-` prefix and with the letter that the nasal swallowed. */
const stripNasal = (word: string): string | undefined => {
  const match = /^[mp]e(ny|ng|n|m|)(.{3,})$/.exec(word)
  if (match === null) return undefined
  const nasal = match[1] ?? ""
  const rest = match[2] ?? ""
  switch (nasal) {
    case "ny":
      return !vowel.test(rest) ? undefined : known(nRoots, `ny${rest}`) ? `ny${rest}` : `s${rest}`
    case "ng":
      if (known(wholeRoots, `k${rest}`)) return `k${rest}`
      if (
        rest.startsWith("e") && rest.length <= 5 && !known(vowelRoots, rest) && /^e[^aeiou]/.test(rest) &&
        /^e(?:cek|tik|print|cat|tes|bom|lap|pak|rem|las|blok|klik)/.test(rest)
      ) return rest.slice(1)
      return vowel.test(rest) ? known(vowelRoots, rest) ? rest : `k${rest}` : /^[gkh]/.test(rest) ? rest : undefined
    case "n":
      if (known(wholeRoots, `men${rest}`)) return `men${rest}`
      return vowel.test(rest)
        ? known(nRoots, `n${rest}`) ? `n${rest}` : `t${rest}`
        : /^[cdjztsy]/.test(rest)
        ? rest
        : undefined
    case "m":
      return vowel.test(rest)
        ? known(mRoots, `m${rest}`) ? `m${rest}` : `p${rest}`
        : /^[bfpv]/.test(rest)
        ? rest
        : undefined
    default:
      return /^[lrwymn]/.test(rest) || word.startsWith("pe") && /^[cdgjkst]/.test(rest) && rest.length >= 4
        ? rest
        : undefined
  }
}

const stripPrefix = (word: string): string | undefined => {
  if (known(wholeRoots, word) || mRoots.has(word) || nRoots.has(word)) return undefined
  if (/^(?:di|ke|se)/.test(word)) {
    const rest = word.slice(2)
    return rest.length >= 4 || rest.length === 3 && vowel.test(rest) ? rest : undefined
  }
  if (/^(?:ber|ter|per)/.test(word)) {
    const rest = word.slice(3)
    return rest.length >= 3 ? rest : undefined
  }
  if (word === "bekerja" || word === "pekerja" || word === "pekerjaan") return word.slice(2)
  if (/^(?:bel|pel)ajar/.test(word)) return word.slice(3)
  return stripNasal(word)
}

/** The stem of a folded Indonesian word. */
export const stem = (word: string): string => {
  if (word.length < 5) return word
  let current = stripPronoun(stripParticle(word))
  if (current.length < 5 || wholeRoots.has(current)) return current
  const verbal = /^(?:me|di|ter|ku|pe|ke)/.test(current)
  const first = stripPrefix(current)
  current = first ?? current
  // A second prefix only where Indonesian stacks them: mem-per-, di-per-, ke-ber-, ke-ter-, se-ke-.
  if (first !== undefined && current.length >= 6 && /^(?:per|pel|ber|ter|pem|pen|ke)/.test(current)) {
    const second = stripPrefix(current)
    if (second !== undefined && second.length >= 4) current = second
  }
  const bare = stripSuffix(current, verbal)
  return bare.length >= 3 ? bare : current
}
