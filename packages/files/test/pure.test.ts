import { assert, describe, it } from "@effect/vitest"
import * as ContentType from "@wicara/files/ContentType"
import * as FileName from "@wicara/files/FileName"
import * as Range from "@wicara/files/Range"

const bytes = (text: string) => new TextEncoder().encode(text)
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"))

describe("The name of a file", () => {
  it.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\Windows\\system32\\evil.txt", "evil.txt"],
    ["invoice\u202Efdp.exe", "invoicefdp.exe"],
    ["a\u0000b\r\nc.txt", "abc.txt"],
    ["..", "file"],
    ["", "file"],
    [".htaccess", "htaccess"],
    ["con.txt", "_con.txt"],
    ["what?<is>|this*.pdf", "what__is__this_.pdf"],
    ["Lampiran  faktur (Mei).pdf ", "Lampiran faktur (Mei).pdf"],
    ["résumé 履歴書.docx", "résumé 履歴書.docx"]
  ])("%s becomes %s", (given, expected) => {
    assert.strictEqual(FileName.clean(given), expected)
  })

  it("keeps its ending when it is shortened, and no half characters", () => {
    const name = FileName.clean(`${"🙂".repeat(500)}.pdf`)
    assert.strictEqual([...name].length, FileName.maxLength)
    assert.isTrue(name.endsWith("🙂.pdf"))
  })

  it("can't add to the header it is written in", () => {
    const header = FileName.contentDisposition("attachment", "a\"; filename=\"evil.html\r\nX: y.pdf")
    assert.notMatch(header, /[\r\n]/)
    assert.strictEqual(header.match(/filename="/g)?.length, 1)
    assert.strictEqual(
      FileName.contentDisposition("inline", "naïve (1).png"),
      "inline; filename=\"naive (1).png\"; filename*=UTF-8''na%C3%AFve%20%281%29.png"
    )
  })
})

describe("The type of a content", () => {
  const docx = Buffer.concat([hex("504b0304"), Buffer.alloc(26), bytes("word/document.xml")])
  it.each<[string, Uint8Array, string]>([
    ["a.txt", hex("89504e470d0a1a0a0000"), "image/png"],
    ["a.png", bytes("<!-- x --><!DOCTYPE html><script>alert(1)</script>"), "text/html"],
    ["a.png", bytes("  <script>alert(1)</script>"), "text/html"],
    ["a.png", bytes("<?xml version=\"1.0\"?><svg onload=\"alert(1)\"/>"), "image/svg+xml"],
    ["a.pdf", bytes("%PDF-1.7\n"), "application/pdf"],
    ["report.pdf", hex("4d5a90000300"), "application/vnd.microsoft.portable-executable"],
    ["notes.txt", bytes("#!/bin/sh\nrm -rf /"), "application/x-sh"],
    ["a.bin", new Uint8Array(docx), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
    ["voice.ogg", Buffer.concat([bytes("OggS"), Buffer.alloc(24), bytes("OpusHead")]), "audio/ogg"],
    ["clip.mp4", Buffer.concat([hex("00000018"), bytes("ftypisom")]), "video/mp4"],
    ["customers.csv", bytes("name,phone\nSari,62812"), "text/csv"],
    ["customers.html", bytes("name,phone\nSari,62812"), "text/plain"],
    ["a.json", bytes("{\"a\":1}"), "application/json"],
    ["a.txt", hex("00ff00ff00"), ContentType.unknown]
  ])("of %s", (name, content, expected) => {
    assert.strictEqual(ContentType.detect(content, name), expected)
  })

  it("does not take a character that is cut for a sign of no text", () => {
    const content = bytes("é".repeat(ContentType.sniffLength))
    assert.strictEqual(ContentType.detect(content.subarray(0, ContentType.sniffLength + 1), "a.txt"), "text/plain")
    assert.strictEqual(ContentType.detect(Uint8Array.of(0x61, 0xc3), "a.txt"), ContentType.unknown)
  })
})

describe("A range", () => {
  it.each<[string | undefined, ReturnType<typeof Range.parse>]>([
    [undefined, undefined],
    ["bytes=0-9", { start: 0, end: 9 }],
    ["bytes=90-", { start: 90, end: 99 }],
    ["bytes=-10", { start: 90, end: 99 }],
    ["bytes=-1000", { start: 0, end: 99 }],
    ["bytes=50-1000", { start: 50, end: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=9-0", undefined],
    ["bytes=0-1,5-6", undefined],
    ["lines=0-1", undefined]
  ])("%s of 100 bytes", (header, expected) => {
    assert.deepStrictEqual(Range.parse(header, 100), expected)
  })
})
