/**
 * What this package's problems are called in each language.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"

/**
 * @category texts
 * @since 0.1.0
 */
export const titles = MessageCatalogue.define("channels-problem-titles", {
  "invalid-signature": {
    en: "Invalid signature",
    id: "Tanda tangan tidak valid",
    es: "Firma no válida",
    pt: "Assinatura inválida"
  },
  "malformed-webhook": {
    en: "Malformed webhook",
    id: "Webhook tidak sesuai bentuknya",
    es: "Webhook mal formado",
    pt: "Webhook malformado"
  },
  "payload-too-large": {
    en: "Payload too large",
    id: "Muatan terlalu besar",
    es: "Contenido demasiado grande",
    pt: "Conteúdo grande demais"
  }
}, { use: "problem-titles" })
