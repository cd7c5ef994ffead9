import type { BuiltIn } from "./index.ts"

const where = "- Cuándo: {{at}}\n- Dirección: {{ip}}\n- Dispositivo: {{userAgent}}"

export const es: BuiltIn = {
  templates: {
    verify_email: {
      subject: "Confirma tu dirección de correo",
      body: "Hola, {{recipient}}:\n\nConfirma que esta dirección es tuya.\n\n[Confirmar]({{link}})\n\n" +
        "El enlace vale hasta el {{expiresAt}}. Si no lo pediste, no hagas nada."
    },
    reset_password: {
      subject: "Elige una contraseña nueva",
      body: "Hola, {{recipient}}:\n\nAlguien, esperamos que tú, pidió una contraseña nueva para tu cuenta.\n\n" +
        "[Elegir una contraseña]({{link}})\n\nEl enlace sirve una vez, hasta el {{expiresAt}}. " +
        "Si no fuiste tú, nada ha cambiado y no tienes que hacer nada."
    },
    invitation: {
      subject: "Te invitan a {{organization}}",
      body:
        "Hola, {{recipient}}:\n\nTe invitan a trabajar en {{organization}}.\n\n[Aceptar la invitación]({{link}})\n\n" +
        "La invitación vale hasta el {{expiresAt}}."
    },
    sign_in_alert: {
      subject: "Inicio de sesión en tu cuenta",
      body: `Hola, {{recipient}}:\n\n{{reason}}\n\n${where}\n\n` +
        "Si fuiste tú, todo está bien. Si no, cambia ahora tu contraseña y cierra tus otras sesiones."
    },
    account_changed: {
      subject: "Tu cuenta: {{change}}",
      body: `Hola, {{recipient}}:\n\nAlgo cambió en tu cuenta: {{change}}.\n\n${where}\n\n` +
        "Si no fuiste tú, elige ahora una contraseña nueva y avisa a quien administra tu organización."
    },
    notification: {
      subject: "{{title}}",
      body: "Hola, {{recipient}}:\n\n{{title}}\n\n{{body}}\n\n[Abrir]({{url}})\n\n" +
        "Recibes esto porque elegiste el correo para estas novedades; puedes cambiarlo en tus ajustes."
    },
    digest: {
      subject: "{{count}} sin leer en {{organization}}",
      body: "Hola, {{recipient}}:\n\nEsto es lo que no has leído en {{organization}}:\n\n{{items}}\n\n[Abrir]({{url}})"
    },
    test: {
      subject: "Prueba de correo",
      body: "Hola, {{recipient}}:\n\nEste mensaje muestra que {{organization}} puede enviar correo."
    },
    other: {
      subject: "Novedades de {{organization}}",
      body: "Hola, {{recipient}}:\n\nHay novedades en {{organization}}."
    }
  },
  words: {
    unknown: "desconocido",
    "sign_in_alert.reason.new_device": "Alguien inició sesión en tu cuenta desde un dispositivo que no se había usado.",
    "sign_in_alert.reason.after_failures": "Alguien inició sesión en tu cuenta tras varias contraseñas erróneas.",
    "sign_in_alert.reason.locked": "Tu cuenta se bloqueó un tiempo tras muchas contraseñas erróneas.",
    "account_changed.change.password_changed": "se cambió la contraseña",
    "account_changed.change.password_reset": "se eligió una contraseña nueva",
    "account_changed.change.email_changed": "se cambió la dirección de correo",
    "account_changed.change.two_factor_enabled": "se activó el segundo factor",
    "account_changed.change.two_factor_disabled": "se desactivó el segundo factor",
    "account_changed.change.recovery_code_used": "se usó un código de recuperación",
    "account_changed.change.recovery_codes_renewed": "se crearon códigos de recuperación nuevos",
    "account_changed.change.passkey_added": "se añadió una llave de acceso",
    "account_changed.change.passkey_removed": "se quitó una llave de acceso",
    "account_changed.change.identity_linked": "se conectó otra forma de iniciar sesión",
    "account_changed.change.identity_unlinked": "se desconectó otra forma de iniciar sesión"
  }
}
