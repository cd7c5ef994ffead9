import { assert, describe, it } from "@effect/vitest"
import * as Language from "@wicara/knowledge/Language"
import { stem } from "@wicara/language/Stem"

describe("Language", () => {
  it("tells the language of what customers write", () => {
    const texts: ReadonlyArray<readonly [string, string]> = [
      ["Hi, could you tell me how much the installation is?", "en"],
      ["my internet is down again", "en"],
      ["Halo kak, berapa biaya pemasangannya?", "id"],
      ["internet saya mati dari kemarin", "id"],
      ["Hola, ¿cuánto cuesta la instalación?", "es"],
      ["quiero cancelar mi contrato", "es"],
      ["Olá, quanto custa a instalação?", "pt"],
      ["não consigo pagar minha fatura", "pt"]
    ]
    for (const [text, language] of texts) assert.strictEqual(Language.tagOf(text), language, text)
  })

  it("leaves names, numbers, emoji and other languages undetected", () => {
    for (const text of ["", "   ", "12345", "OK123", "👍🏽", "Lintang", "你好，我的网络坏了", "مرحبا كيف حالك"]) {
      assert.strictEqual(Language.tagOf(text), "und", text)
    }
    const german =
      "Der Vertrag kann jederzeit mit einer Frist von vier Wochen zum Monatsende gekündigt werden. Bitte " +
      "schreiben Sie uns dafür einen Brief oder rufen Sie uns an, unsere Mitarbeiter helfen Ihnen gern weiter."
    assert.strictEqual(Language.tagOf(german), "und")
  })

  it("stems the forms of a word to one, also without their accents", () => {
    const families: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
      ["en", ["cancel", "cancelled", "cancelling", "cancellation"]],
      ["es", ["cancelar", "cancelacion", "cancele", "cancelaciones"]],
      ["es", ["instalar", "instalacion", "instalaciones", "instalamos"]],
      ["pt", ["instalar", "instalacao", "instalacoes", "instalei"]],
      ["id", ["bayar", "membayar", "pembayaran", "dibayar", "bayarkan", "pembayarannya"]],
      ["id", ["kirim", "mengirim", "pengiriman", "dikirim", "kirimkan"]],
      ["id", ["pasang", "memasang", "pemasangan", "dipasang"]],
      ["id", ["tagih", "tagihan", "menagih", "penagihan", "ditagih"]],
      ["id", ["langganan", "berlangganan", "pelanggan"]],
      ["id", ["simpan", "menyimpan", "penyimpanan", "disimpan"]],
      ["id", ["ubah", "mengubah", "perubahan", "diubah"]],
      ["id", ["kembali", "mengembalikan", "pengembalian", "dikembalikan"]],
      ["id", ["mulai", "memulai", "dimulai"]],
      ["id", ["ganti", "mengganti", "penggantian", "diganti"]]
    ]
    for (const [language, forms] of families) {
      const stems = new Set(forms.map((form) => stem(language, form)))
      assert.strictEqual(stems.size, 1, `${forms.join(", ")}: ${[...stems].join(", ")}`)
    }
  })

  it("keeps apart what only looks alike", () => {
    const apart: ReadonlyArray<readonly [string, string, string]> = [
      ["id", "kirim", "irim"],
      ["id", "tarik", "arik"],
      ["id", "kepala", "pala"],
      ["id", "sekolah", "kolah"],
      ["id", "bulan", "bul"],
      ["id", "makan", "mak"]
    ]
    for (const [language, one, other] of apart) assert.notStrictEqual(stem(language, one), stem(language, other), one)
  })
})
