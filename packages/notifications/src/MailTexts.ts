/**
 * What mail about notifications says as long as an organization has no template of its own.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"

/**
 * By kind: `<kind>_subject` and `<kind>_body`, and the words for values, `<kind>_<field>_<value>`.
 *
 * @category texts
 * @since 0.1.0
 */
export const texts = MessageCatalogue.define("mail", {
  notification_subject: {
    en: "{title}",
    id: "{title}",
    es: "{title}",
    pt: "{title}"
  },
  notification_body: {
    en:
      "Hello {recipient},\n\n{title}\n\n{body}\n\n[Open]({url})\n\nYou get this because you chose mail for such news; you can change that in your settings.",
    id:
      "Halo {recipient},\n\n{title}\n\n{body}\n\n[Buka]({url})\n\nAnda menerima ini karena memilih email untuk kabar seperti ini; Anda dapat mengubahnya di pengaturan.",
    es:
      "Hola, {recipient}:\n\n{title}\n\n{body}\n\n[Abrir]({url})\n\nRecibes esto porque elegiste el correo para estas novedades; puedes cambiarlo en tus ajustes.",
    pt:
      "Olá, {recipient},\n\n{title}\n\n{body}\n\n[Abrir]({url})\n\nVocê recebe isto porque escolheu e-mail para estas novidades; você pode mudar isso nas configurações."
  },
  digest_subject: {
    en: "{count} unread in {organization}",
    id: "{count} belum dibaca di {organization}",
    es: "{count} sin leer en {organization}",
    pt: "{count} não lidas em {organization}"
  },
  digest_body: {
    en: "Hello {recipient},\n\nThis is what you have not read in {organization}:\n\n{items}\n\n[Open]({url})",
    id: "Halo {recipient},\n\nBerikut yang belum Anda baca di {organization}:\n\n{items}\n\n[Buka]({url})",
    es: "Hola, {recipient}:\n\nEsto es lo que no has leído en {organization}:\n\n{items}\n\n[Abrir]({url})",
    pt: "Olá, {recipient},\n\nIsto é o que você ainda não leu em {organization}:\n\n{items}\n\n[Abrir]({url})"
  },
  test_subject: {
    en: "A test of mail",
    id: "Uji coba email",
    es: "Prueba de correo",
    pt: "Teste de e-mail"
  },
  test_body: {
    en: "Hello {recipient},\n\nThis message shows that {organization} can send mail.",
    id: "Halo {recipient},\n\nPesan ini menunjukkan bahwa {organization} dapat mengirim email.",
    es: "Hola, {recipient}:\n\nEste mensaje muestra que {organization} puede enviar correo.",
    pt: "Olá, {recipient},\n\nEsta mensagem mostra que {organization} pode enviar e-mail."
  },
  other_subject: {
    en: "News from {organization}",
    id: "Kabar dari {organization}",
    es: "Novedades de {organization}",
    pt: "Novidades de {organization}"
  },
  other_body: {
    en: "Hello {recipient},\n\nThere is news in {organization}.",
    id: "Halo {recipient},\n\nAda kabar di {organization}.",
    es: "Hola, {recipient}:\n\nHay novedades en {organization}.",
    pt: "Olá, {recipient},\n\nHá novidades em {organization}."
  },
  unknown: {
    description: "A fact of a mail that nobody knows.",
    en: "unknown",
    id: "tidak diketahui",
    es: "desconocido",
    pt: "desconhecido"
  }
}, { use: "mail", everywhere: ["recipient", "organization", "expiresAt"] })
