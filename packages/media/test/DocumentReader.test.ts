import { assert, describe, it } from "@effect/vitest"
import { CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"
import * as Id from "@wicara/core/Id"
import * as ContentType from "@wicara/files/ContentType"
import * as DocumentReader from "@wicara/media/DocumentReader"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import { Effect } from "effect"
import * as documents from "./documents.ts"

const read = (content: Uint8Array, contentType: string, options: DocumentReader.DocumentReaderOptions = {}) =>
  Effect.gen(function*() {
    const reader = yield* DocumentReader.make({ timeout: "60 seconds", ...options })
    assert.isTrue(reader.takes(contentType))
    const organization = { id: yield* Id.next(OrganizationId) }
    return yield* reader.read({ name: "dokumen", contentType, content }).pipe(
      Effect.provideService(CurrentOrganization, organization)
    )
  })

const codeOf = (content: Uint8Array, contentType: string, options?: DocumentReader.DocumentReaderOptions) =>
  Effect.map(Effect.flip(read(content, contentType, options)), ({ again, code }) => {
    assert.isFalse(again)
    return code
  })

const { types } = documents

describe("DocumentReader", () => {
  it.live("reads the pages of a PDF, no more than it may", () =>
    Effect.gen(function*() {
      const pdf = SampleFiles.pdf(["Tagihan (Maret)\nTotal: Rp 250.000", "Halaman dua"])
      assert.deepStrictEqual(yield* read(pdf, "application/pdf"), {
        text: "Tagihan (Maret)\nTotal: Rp 250.000\n\nHalaman dua",
        language: null,
        isTruncated: false
      })
      const endless = SampleFiles.pdf(Array.from({ length: 300 }, (_, index) => `Halaman ${index + 1}.`))
      const some = yield* read(endless, "application/pdf", { maxPages: 20 })
      assert.isTrue(some.isTruncated)
      assert.match(some.text, /Halaman 20\.$/)
    }), 120_000)

  it.live("reads what offices write", () =>
    Effect.gen(function*() {
      const { text } = yield* read(documents.word(documents.wordBody), types.word)
      assert.strictEqual(
        text,
        "Toko Sari\nSyarat & ketentuan\n\tMenjorok\nPaket\tHarga\nKotak\nHarga sudah termasuk pajak."
      )
      assert.strictEqual(
        (yield* read(documents.sheet, types.sheet)).text,
        "Paket\tRumahan\n2026-03-01\t250000\t2026-03-01 12:00\tlunas\tjumlah\n\nTRUE"
      )
      assert.strictEqual((yield* read(documents.slides, types.slides)).text, "Pertama\nbaris\n\nTerakhir")
      const open = documents.openText(documents.openTextBody)
      assert.strictEqual(ContentType.detect(open, "jam.odt"), types.openText)
      assert.strictEqual((yield* read(open, types.openText)).text, "Jam buka\n08.00\t17.00")
      const html = "<!doctype html><head><title>t</title></head><p>Halo&nbsp;<b>dunia</b><script>x()</script>\n\n" +
        "<table><tr><td>a</td><td>b</td></tr></table>"
      assert.strictEqual(
        (yield* read(new TextEncoder().encode(html), "text/html")).text.replaceAll("\u00a0", " "),
        "Halo dunia\na\tb"
      )
    }), 120_000)

  it.live("tells what it can't read as what it is", () =>
    Effect.gen(function*() {
      const pdf = "application/pdf"
      assert.strictEqual(yield* codeOf(SampleFiles.pdf(["Rahasia"], { encrypted: true }), pdf), "encrypted")
      assert.strictEqual(yield* codeOf(SampleFiles.pdf(["", ""]), pdf), "no_text")
      assert.strictEqual(yield* codeOf(new TextEncoder().encode("%PDF-1.7 and nothing else"), pdf), "broken")
      assert.strictEqual(yield* codeOf(documents.bad.zip, types.word), "broken")
      assert.strictEqual(yield* codeOf(documents.bad.cut, types.word), "broken")
      assert.strictEqual(yield* codeOf(documents.word("<w:p/>"), types.slides), "broken")
      assert.strictEqual(yield* codeOf(documents.openText("", true), types.openText), "encrypted")
      assert.strictEqual(yield* codeOf(documents.openText(""), types.openText), "no_text")
      assert.strictEqual(yield* codeOf(documents.bad.locked, types.old), "encrypted")
      assert.strictEqual(yield* codeOf(documents.bad.old, types.old), "old_format")
    }), 120_000)

  it.live("is not filled, kept or broken by what was made for that", () =>
    Effect.gen(function*() {
      const bomb = documents.bomb(100)
      assert.isBelow(bomb.length, 200_000)
      assert.strictEqual(yield* codeOf(bomb, types.word), "too_large")
      assert.strictEqual(yield* codeOf(documents.lyingBomb(30), types.word), "no_text")
      assert.strictEqual(yield* codeOf(documents.manyTexts(1_000_000), types.sheet, { memory: 24 }), "too_large")
      const deep = documents.word(documents.nested(2_000_000))
      assert.strictEqual(yield* codeOf(deep, types.word, { timeout: "3 seconds" }), "timeout")
      const long = documents.word(`<w:t>${"panjang ".repeat(200_000)}</w:t>`)
      const some = yield* read(long, types.word)
      assert.isTrue(some.isTruncated)
      assert.strictEqual(
        yield* codeOf(SampleFiles.pdf(["Halo"]), "application/pdf", { timeout: "1 millis" }),
        "timeout"
      )
      const declared = "<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>"
      const { text } = yield* read(documents.word(`${declared}<w:p><w:t>&b; tetap</w:t></w:p>`), types.word)
      assert.include(text, "&b; tetap")
    }), 120_000)
})
