/**
 * What the core's mail says as long as an organization has no template of its own.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "./MessageCatalogue.ts"

/**
 * By kind: `<kind>_subject` and `<kind>_body`, and the words for values, `<kind>_<field>_<value>`.
 *
 * @category texts
 * @since 0.1.0
 */
export const texts = MessageCatalogue.define("core-mail", {
  verify_email_subject: {
    en: "Confirm your e-mail address",
    id: "Konfirmasi alamat email Anda",
    es: "Confirma tu dirección de correo",
    pt: "Confirme o seu endereço de e-mail"
  },
  verify_email_body: {
    en:
      "Hello {recipient},\n\nConfirm that this is your address.\n\n[Confirm]({link})\n\nThe link holds until {expiresAt}. If you did not ask for it, leave it alone.",
    id:
      "Halo {recipient},\n\nKonfirmasikan bahwa ini alamat Anda.\n\n[Konfirmasi]({link})\n\nTautan ini berlaku sampai {expiresAt}. Jika Anda tidak memintanya, abaikan saja.",
    es:
      "Hola, {recipient}:\n\nConfirma que esta dirección es tuya.\n\n[Confirmar]({link})\n\nEl enlace vale hasta el {expiresAt}. Si no lo pediste, no hagas nada.",
    pt:
      "Olá, {recipient},\n\nConfirme que este endereço é seu.\n\n[Confirmar]({link})\n\nO link vale até {expiresAt}. Se você não o pediu, ignore-o."
  },
  reset_password_subject: {
    en: "Choose a new password",
    id: "Buat kata sandi baru",
    es: "Elige una contraseña nueva",
    pt: "Escolha uma nova senha"
  },
  reset_password_body: {
    en:
      "Hello {recipient},\n\nSomebody, we hope you, asked for a new password for your account.\n\n[Choose a new password]({link})\n\nThe link works once, until {expiresAt}. If it was not you, nothing has changed and there is nothing to do.",
    id:
      "Halo {recipient},\n\nSeseorang, semoga Anda sendiri, meminta kata sandi baru untuk akun Anda.\n\n[Buat kata sandi baru]({link})\n\nTautan ini dapat dipakai sekali, sampai {expiresAt}. Jika bukan Anda, tidak ada yang berubah dan tidak perlu melakukan apa pun.",
    es:
      "Hola, {recipient}:\n\nAlguien, esperamos que tú, pidió una contraseña nueva para tu cuenta.\n\n[Elegir una contraseña]({link})\n\nEl enlace sirve una vez, hasta el {expiresAt}. Si no fuiste tú, nada ha cambiado y no tienes que hacer nada.",
    pt:
      "Olá, {recipient},\n\nAlguém, esperamos que você, pediu uma nova senha para a sua conta.\n\n[Escolher uma nova senha]({link})\n\nO link funciona uma vez, até {expiresAt}. Se não foi você, nada mudou e não é preciso fazer nada."
  },
  sign_in_alert_subject: {
    en: "Sign-in to your account",
    id: "Seseorang masuk ke akun Anda",
    es: "Inicio de sesión en tu cuenta",
    pt: "Acesso à sua conta"
  },
  sign_in_alert_body: {
    en:
      "Hello {recipient},\n\n{reason}\n\n- When: {at}\n- Address: {ip}\n- Device: {userAgent}\n\nIf it was you, all is well. If not, change your password now and end your other sessions.",
    id:
      "Halo {recipient},\n\n{reason}\n\n- Waktu: {at}\n- Alamat: {ip}\n- Perangkat: {userAgent}\n\nJika itu Anda, semuanya aman. Jika bukan, segera ganti kata sandi dan akhiri sesi Anda yang lain.",
    es:
      "Hola, {recipient}:\n\n{reason}\n\n- Cuándo: {at}\n- Dirección: {ip}\n- Dispositivo: {userAgent}\n\nSi fuiste tú, todo está bien. Si no, cambia ahora tu contraseña y cierra tus otras sesiones.",
    pt:
      "Olá, {recipient},\n\n{reason}\n\n- Quando: {at}\n- Endereço: {ip}\n- Dispositivo: {userAgent}\n\nSe foi você, está tudo bem. Se não, mude agora a sua senha e encerre as suas outras sessões."
  },
  account_changed_subject: {
    en: "Your account: {change}",
    id: "Akun Anda: {change}",
    es: "Tu cuenta: {change}",
    pt: "Sua conta: {change}"
  },
  account_changed_body: {
    en:
      "Hello {recipient},\n\nSomething of your account was changed: {change}.\n\n- When: {at}\n- Address: {ip}\n- Device: {userAgent}\n\nIf it was not you, choose a new password now and tell the administrators of your organization.",
    id:
      "Halo {recipient},\n\nAda perubahan pada akun Anda: {change}.\n\n- Waktu: {at}\n- Alamat: {ip}\n- Perangkat: {userAgent}\n\nJika bukan Anda, segera buat kata sandi baru dan beri tahu administrator organisasi Anda.",
    es:
      "Hola, {recipient}:\n\nAlgo cambió en tu cuenta: {change}.\n\n- Cuándo: {at}\n- Dirección: {ip}\n- Dispositivo: {userAgent}\n\nSi no fuiste tú, elige ahora una contraseña nueva y avisa a quien administra tu organización.",
    pt:
      "Olá, {recipient},\n\nAlgo mudou na sua conta: {change}.\n\n- Quando: {at}\n- Endereço: {ip}\n- Dispositivo: {userAgent}\n\nSe não foi você, escolha agora uma nova senha e avise quem administra a sua organização."
  },
  invitation_subject: {
    en: "You are invited to {organization}",
    id: "Anda diundang ke {organization}",
    es: "Te invitan a {organization}",
    pt: "Convite para {organization}"
  },
  invitation_body: {
    en:
      "Hello {recipient},\n\nYou are invited to work in {organization}.\n\n[Accept the invitation]({link})\n\nThe invitation holds until {expiresAt}.",
    id:
      "Halo {recipient},\n\nAnda diundang untuk bekerja di {organization}.\n\n[Terima undangan]({link})\n\nUndangan ini berlaku sampai {expiresAt}.",
    es:
      "Hola, {recipient}:\n\nTe invitan a trabajar en {organization}.\n\n[Aceptar la invitación]({link})\n\nLa invitación vale hasta el {expiresAt}.",
    pt:
      "Olá, {recipient},\n\nVocê foi convidado a trabalhar em {organization}.\n\n[Aceitar o convite]({link})\n\nO convite vale até {expiresAt}."
  },
  recover_factor_subject: {
    en: "You lost your second factor?",
    id: "Anda kehilangan faktor kedua?",
    es: "¿Perdiste tu segundo factor?",
    pt: "Você perdeu o seu segundo fator?"
  },
  recover_factor_body: {
    en:
      "Hello {recipient},\n\nSomebody with your password, we hope you, says that the second factor of your account is lost, and all recovery codes.\n\n[Ask your administrators]({link})\n\nThe link works once, until {expiresAt}. Administrators of each of your organizations then have to approve. If it was not you, somebody knows your password: change it now.",
    id:
      "Halo {recipient},\n\nSeseorang yang tahu kata sandi Anda, semoga Anda sendiri, menyatakan bahwa faktor kedua akun Anda dan semua kode pemulihannya hilang.\n\n[Minta kepada administrator]({link})\n\nTautan ini dapat dipakai sekali, sampai {expiresAt}. Setelah itu administrator setiap organisasi Anda harus menyetujui. Jika bukan Anda, seseorang mengetahui kata sandi Anda: segera ubah.",
    es:
      "Hola, {recipient}:\n\nAlguien con tu contraseña, esperamos que tú, dice que se perdió el segundo factor de tu cuenta y todos los códigos de recuperación.\n\n[Pedirlo a quien administra]({link})\n\nEl enlace sirve una vez, hasta el {expiresAt}. Después debe aprobarlo alguien que administre cada una de tus organizaciones. Si no fuiste tú, alguien conoce tu contraseña: cámbiala ahora.",
    pt:
      "Olá, {recipient},\n\nAlguém com a sua senha, esperamos que você, diz que o segundo fator da sua conta e todos os códigos de recuperação foram perdidos.\n\n[Pedir a quem administra]({link})\n\nO link funciona uma vez, até {expiresAt}. Depois, quem administra cada uma das suas organizações precisa aprovar. Se não foi você, alguém conhece a sua senha: mude-a agora."
  },
  factor_recovery_subject: {
    en: "Your second factor is to be removed",
    id: "Faktor kedua Anda akan dihapus",
    es: "Se quitará tu segundo factor",
    pt: "O seu segundo fator será removido"
  },
  factor_recovery_body: {
    en:
      "Hello {recipient},\n\n{step}\n\n- Until: {until}\n\nIf you did not ask for it, stop it now and change your password.\n\n[Stop it]({link})",
    id:
      "Halo {recipient},\n\n{step}\n\n- Sampai: {until}\n\nJika Anda tidak memintanya, hentikan sekarang dan ubah kata sandi Anda.\n\n[Hentikan]({link})",
    es:
      "Hola, {recipient}:\n\n{step}\n\n- Hasta: {until}\n\nSi no lo pediste, detenlo ahora y cambia tu contraseña.\n\n[Detenerlo]({link})",
    pt:
      "Olá, {recipient},\n\n{step}\n\n- Até: {until}\n\nSe você não pediu isso, interrompa agora e mude a sua senha.\n\n[Interromper]({link})"
  },
  factor_recovery_ended_subject: {
    en: "Your second factor stays",
    id: "Faktor kedua Anda tetap berlaku",
    es: "Tu segundo factor sigue en pie",
    pt: "O seu segundo fator permanece"
  },
  factor_recovery_ended_body: {
    en: "Hello {recipient},\n\nThe removal of your second factor has ended: {step}. Nothing has changed.",
    id: "Halo {recipient},\n\nPenghapusan faktor kedua Anda telah berakhir: {step}. Tidak ada yang berubah.",
    es: "Hola, {recipient}:\n\nSe terminó el proceso para quitar tu segundo factor: {step}. Nada ha cambiado.",
    pt: "Olá, {recipient},\n\nA remoção do seu segundo fator terminou: {step}. Nada mudou."
  },
  factor_recovery_step_requested: {
    en: "You asked to have your lost second factor removed. It happens if your administrators approve.",
    id: "Anda meminta agar faktor kedua yang hilang dihapus. Itu terjadi jika administrator Anda menyetujui.",
    es: "Pediste que se quite tu segundo factor perdido. Se hará si quien administra lo aprueba.",
    pt: "Você pediu a remoção do seu segundo fator perdido. Isso acontece se quem administra aprovar."
  },
  factor_recovery_step_approved: {
    en: "The removal of your second factor was approved. It is removed at the time below, and all your sessions end.",
    id:
      "Penghapusan faktor kedua Anda disetujui. Faktor itu dihapus pada waktu di bawah, dan semua sesi Anda berakhir.",
    es: "Se aprobó quitar tu segundo factor. Se quita en el momento indicado abajo, y se cierran todas tus sesiones.",
    pt:
      "A remoção do seu segundo fator foi aprovada. Ele é removido no momento abaixo, e todas as suas sessões terminam."
  },
  factor_recovery_ended_step_stopped: {
    en: "it was stopped",
    id: "dihentikan",
    es: "se detuvo",
    pt: "foi interrompida"
  },
  factor_recovery_ended_step_refused: {
    en: "an administrator refused it",
    id: "ditolak administrator",
    es: "un administrador lo rechazó",
    pt: "um administrador a recusou"
  },
  factor_recovery_ended_step_expired: {
    en: "nobody approved it in time",
    id: "tidak ada yang menyetujui tepat waktu",
    es: "nadie lo aprobó a tiempo",
    pt: "ninguém a aprovou a tempo"
  },
  sign_in_alert_reason_new_device: {
    en: "Somebody signed in to your account from a device that was not used before.",
    id: "Seseorang masuk ke akun Anda dari perangkat yang belum pernah dipakai.",
    es: "Alguien inició sesión en tu cuenta desde un dispositivo que no se había usado.",
    pt: "Alguém entrou na sua conta de um dispositivo que ainda não foi usado."
  },
  sign_in_alert_reason_after_failures: {
    en: "Somebody signed in to your account after several wrong passwords.",
    id: "Seseorang masuk ke akun Anda setelah beberapa kali salah kata sandi.",
    es: "Alguien inició sesión en tu cuenta tras varias contraseñas erróneas.",
    pt: "Alguém entrou na sua conta depois de várias senhas erradas."
  },
  sign_in_alert_reason_locked: {
    en: "Your account was locked for a while after many wrong passwords.",
    id: "Akun Anda dikunci sementara karena terlalu banyak kata sandi yang salah.",
    es: "Tu cuenta se bloqueó un tiempo tras muchas contraseñas erróneas.",
    pt: "A sua conta foi bloqueada por um tempo depois de muitas senhas erradas."
  },
  account_changed_change_password_changed: {
    en: "the password was changed",
    id: "kata sandi diubah",
    es: "se cambió la contraseña",
    pt: "a senha foi alterada"
  },
  account_changed_change_password_reset: {
    en: "a new password was chosen",
    id: "kata sandi baru dibuat",
    es: "se eligió una contraseña nueva",
    pt: "uma nova senha foi escolhida"
  },
  account_changed_change_email_changed: {
    en: "the e-mail address was changed",
    id: "alamat email diubah",
    es: "se cambió la dirección de correo",
    pt: "o endereço de e-mail foi alterado"
  },
  account_changed_change_two_factor_enabled: {
    en: "the second factor was turned on",
    id: "faktor kedua diaktifkan",
    es: "se activó el segundo factor",
    pt: "o segundo fator foi ativado"
  },
  account_changed_change_two_factor_disabled: {
    en: "the second factor was turned off",
    id: "faktor kedua dimatikan",
    es: "se desactivó el segundo factor",
    pt: "o segundo fator foi desativado"
  },
  account_changed_change_recovery_code_used: {
    en: "a recovery code was used",
    id: "kode pemulihan dipakai",
    es: "se usó un código de recuperación",
    pt: "um código de recuperação foi usado"
  },
  account_changed_change_recovery_codes_renewed: {
    en: "new recovery codes were made",
    id: "kode pemulihan baru dibuat",
    es: "se crearon códigos de recuperación nuevos",
    pt: "novos códigos de recuperação foram criados"
  },
  account_changed_change_passkey_added: {
    en: "a passkey was added",
    id: "kunci sandi ditambahkan",
    es: "se añadió una llave de acceso",
    pt: "uma chave de acesso foi adicionada"
  },
  account_changed_change_passkey_removed: {
    en: "a passkey was removed",
    id: "kunci sandi dihapus",
    es: "se quitó una llave de acceso",
    pt: "uma chave de acesso foi removida"
  },
  account_changed_change_identity_linked: {
    en: "another way to sign in was connected",
    id: "cara masuk lain dihubungkan",
    es: "se conectó otra forma de iniciar sesión",
    pt: "outra forma de entrar foi conectada"
  },
  account_changed_change_identity_unlinked: {
    en: "another way to sign in was disconnected",
    id: "cara masuk lain diputuskan",
    es: "se desconectó otra forma de iniciar sesión",
    pt: "outra forma de entrar foi desconectada"
  }
}, { use: "mail", everywhere: ["recipient", "organization", "expiresAt"] })
