import { assert, describe, it } from "@effect/vitest"
import { fold } from "@wicara/language/Fold"
import { stem } from "@wicara/language/Stem"
import { stopWords } from "@wicara/language/StopWords"

describe("words", () => {
  it("are folded in every script, and keep the marks that are letters to their readers", () => {
    assert.strictEqual(fold("Instalación, ÇA VA?"), "instalacion, ca va?")
    assert.strictEqual(fold("ΆΈΉ Ёлка"), "αεη елка")
    assert.strictEqual(fold("ที่นี่"), "ที่นี่".normalize("NFC"))
    assert.strictEqual(fold(fold("Ångström")), fold("Ångström"))
  })

  it("of one family have one stem, with and without accents", () => {
    const families: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
      ["en", ["install", "installs", "installed", "installing"]],
      ["es", ["instalación", "instalacion", "instalaciones"]],
      ["pt", ["instalação", "instalacao", "instalações"]],
      ["id", ["bayar", "membayar", "dibayar", "pembayaran", "pembayarannya"]],
      ["id", ["kirim", "mengirim", "pengiriman", "dikirimkan"]],
      ["id", ["tulis", "menulis", "tulisan", "penulis"]]
    ]
    for (const [language, family] of families) {
      const stems = new Set(family.map((word) => stem(language, fold(word))))
      assert.strictEqual(stems.size, 1, `${family.join(" ")}: ${[...stems].join(" ")}`)
    }
  })

  it("with digits, short ones, and those of other languages are their own stems", () => {
    for (const [language, word] of [["en", "s23"], ["en", "is"], ["de", "anmeldungen"]] as const) {
      assert.strictEqual(stem(language, word), word)
    }
  })

  it("that are stop words are folded, so that they are found", () => {
    for (const language of ["en", "id", "es", "pt"]) {
      const { filler, grammar } = stopWords(language)
      assert.isAbove(grammar.size, 100, language)
      assert.isAbove(filler.size, 30, language)
      for (const word of [...grammar, ...filler]) assert.strictEqual(word, fold(word))
    }
    assert.strictEqual(stopWords("de").grammar.size, 0)
  })
})
