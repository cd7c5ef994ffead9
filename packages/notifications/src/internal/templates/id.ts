import type { BuiltIn } from "./index.ts"

const where = "- Waktu: {{at}}\n- Alamat: {{ip}}\n- Perangkat: {{userAgent}}"

export const id: BuiltIn = {
  templates: {
    verify_email: {
      subject: "Konfirmasi alamat email Anda",
      body: "Halo {{recipient}},\n\nKonfirmasikan bahwa ini alamat Anda.\n\n[Konfirmasi]({{link}})\n\n" +
        "Tautan ini berlaku sampai {{expiresAt}}. Jika Anda tidak memintanya, abaikan saja."
    },
    reset_password: {
      subject: "Buat kata sandi baru",
      body: "Halo {{recipient}},\n\nSeseorang, semoga Anda sendiri, meminta kata sandi baru untuk akun Anda.\n\n" +
        "[Buat kata sandi baru]({{link}})\n\nTautan ini dapat dipakai sekali, sampai {{expiresAt}}. " +
        "Jika bukan Anda, tidak ada yang berubah dan tidak perlu melakukan apa pun."
    },
    invitation: {
      subject: "Anda diundang ke {{organization}}",
      body:
        "Halo {{recipient}},\n\nAnda diundang untuk bekerja di {{organization}}.\n\n[Terima undangan]({{link}})\n\n" +
        "Undangan ini berlaku sampai {{expiresAt}}."
    },
    sign_in_alert: {
      subject: "Seseorang masuk ke akun Anda",
      body: `Halo {{recipient}},\n\n{{reason}}\n\n${where}\n\n` +
        "Jika itu Anda, semuanya aman. Jika bukan, segera ganti kata sandi dan akhiri sesi Anda yang lain."
    },
    account_changed: {
      subject: "Akun Anda: {{change}}",
      body: `Halo {{recipient}},\n\nAda perubahan pada akun Anda: {{change}}.\n\n${where}\n\n` +
        "Jika bukan Anda, segera buat kata sandi baru dan beri tahu administrator organisasi Anda."
    },
    notification: {
      subject: "{{title}}",
      body: "Halo {{recipient}},\n\n{{title}}\n\n{{body}}\n\n[Buka]({{url}})\n\n" +
        "Anda menerima ini karena memilih email untuk kabar seperti ini; Anda dapat mengubahnya di pengaturan."
    },
    digest: {
      subject: "{{count}} belum dibaca di {{organization}}",
      body: "Halo {{recipient}},\n\nBerikut yang belum Anda baca di {{organization}}:\n\n{{items}}\n\n[Buka]({{url}})"
    },
    test: {
      subject: "Uji coba email",
      body: "Halo {{recipient}},\n\nPesan ini menunjukkan bahwa {{organization}} dapat mengirim email."
    },
    other: { subject: "Kabar dari {{organization}}", body: "Halo {{recipient}},\n\nAda kabar di {{organization}}." }
  },
  words: {
    unknown: "tidak diketahui",
    "sign_in_alert.reason.new_device": "Seseorang masuk ke akun Anda dari perangkat yang belum pernah dipakai.",
    "sign_in_alert.reason.after_failures": "Seseorang masuk ke akun Anda setelah beberapa kali salah kata sandi.",
    "sign_in_alert.reason.locked": "Akun Anda dikunci sementara karena terlalu banyak kata sandi yang salah.",
    "account_changed.change.password_changed": "kata sandi diubah",
    "account_changed.change.password_reset": "kata sandi baru dibuat",
    "account_changed.change.email_changed": "alamat email diubah",
    "account_changed.change.two_factor_enabled": "faktor kedua diaktifkan",
    "account_changed.change.two_factor_disabled": "faktor kedua dimatikan",
    "account_changed.change.recovery_code_used": "kode pemulihan dipakai",
    "account_changed.change.recovery_codes_renewed": "kode pemulihan baru dibuat",
    "account_changed.change.passkey_added": "kunci sandi ditambahkan",
    "account_changed.change.passkey_removed": "kunci sandi dihapus",
    "account_changed.change.identity_linked": "cara masuk lain dihubungkan",
    "account_changed.change.identity_unlinked": "cara masuk lain diputuskan"
  }
}
