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
export const titles = MessageCatalogue.define("channels-widget-problem-titles", {
  "origin-not-allowed": {
    en: "This site may not use the widget",
    id: "Situs ini tidak boleh memakai widget",
    es: "Este sitio no puede usar el widget",
    pt: "Este site não pode usar o widget"
  }
}, { use: "problem-titles" })
