import type { BuiltIn } from "./index.ts"

const where = "- Quando: {{at}}\n- Endereço: {{ip}}\n- Dispositivo: {{userAgent}}"

export const pt: BuiltIn = {
  templates: {
    verify_email: {
      subject: "Confirme o seu endereço de e-mail",
      body: "Olá, {{recipient}},\n\nConfirme que este endereço é seu.\n\n[Confirmar]({{link}})\n\n" +
        "O link vale até {{expiresAt}}. Se você não o pediu, ignore-o."
    },
    reset_password: {
      subject: "Escolha uma nova senha",
      body: "Olá, {{recipient}},\n\nAlguém, esperamos que você, pediu uma nova senha para a sua conta.\n\n" +
        "[Escolher uma nova senha]({{link}})\n\nO link funciona uma vez, até {{expiresAt}}. " +
        "Se não foi você, nada mudou e não é preciso fazer nada."
    },
    invitation: {
      subject: "Convite para {{organization}}",
      body:
        "Olá, {{recipient}},\n\nVocê foi convidado a trabalhar em {{organization}}.\n\n[Aceitar o convite]({{link}})\n\n" +
        "O convite vale até {{expiresAt}}."
    },
    sign_in_alert: {
      subject: "Acesso à sua conta",
      body: `Olá, {{recipient}},\n\n{{reason}}\n\n${where}\n\n` +
        "Se foi você, está tudo bem. Se não, mude agora a sua senha e encerre as suas outras sessões."
    },
    account_changed: {
      subject: "Sua conta: {{change}}",
      body: `Olá, {{recipient}},\n\nAlgo mudou na sua conta: {{change}}.\n\n${where}\n\n` +
        "Se não foi você, escolha agora uma nova senha e avise quem administra a sua organização."
    },
    notification: {
      subject: "{{title}}",
      body: "Olá, {{recipient}},\n\n{{title}}\n\n{{body}}\n\n[Abrir]({{url}})\n\n" +
        "Você recebe isto porque escolheu e-mail para estas novidades; você pode mudar isso nas configurações."
    },
    digest: {
      subject: "{{count}} não lidas em {{organization}}",
      body:
        "Olá, {{recipient}},\n\nIsto é o que você ainda não leu em {{organization}}:\n\n{{items}}\n\n[Abrir]({{url}})"
    },
    test: {
      subject: "Teste de e-mail",
      body: "Olá, {{recipient}},\n\nEsta mensagem mostra que {{organization}} pode enviar e-mail."
    },
    other: {
      subject: "Novidades de {{organization}}",
      body: "Olá, {{recipient}},\n\nHá novidades em {{organization}}."
    }
  },
  words: {
    unknown: "desconhecido",
    "sign_in_alert.reason.new_device": "Alguém entrou na sua conta de um dispositivo que ainda não foi usado.",
    "sign_in_alert.reason.after_failures": "Alguém entrou na sua conta depois de várias senhas erradas.",
    "sign_in_alert.reason.locked": "A sua conta foi bloqueada por um tempo depois de muitas senhas erradas.",
    "account_changed.change.password_changed": "a senha foi alterada",
    "account_changed.change.password_reset": "uma nova senha foi escolhida",
    "account_changed.change.email_changed": "o endereço de e-mail foi alterado",
    "account_changed.change.two_factor_enabled": "o segundo fator foi ativado",
    "account_changed.change.two_factor_disabled": "o segundo fator foi desativado",
    "account_changed.change.recovery_code_used": "um código de recuperação foi usado",
    "account_changed.change.recovery_codes_renewed": "novos códigos de recuperação foram criados",
    "account_changed.change.passkey_added": "uma chave de acesso foi adicionada",
    "account_changed.change.passkey_removed": "uma chave de acesso foi removida",
    "account_changed.change.identity_linked": "outra forma de entrar foi conectada",
    "account_changed.change.identity_unlinked": "outra forma de entrar foi desconectada"
  }
}
