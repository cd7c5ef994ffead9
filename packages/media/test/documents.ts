/** Documents as they are made by the programs of offices, of as little as they need. */
import { strToU8, zipSync } from "fflate"

const packed = (parts: Readonly<Record<string, string>>) =>
  zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)])))

export const types = {
  word: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  sheet: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  slides: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  openText: "application/vnd.oasis.opendocument.text",
  old: "application/x-ole-storage"
} as const

const wordParagraph = (text: string) => `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`

/** Word: a header, what is given, a table, a text box that is there twice, and a footnote. */
export const word = (body: string) =>
  packed({
    "[Content_Types].xml": "<Types/>",
    "word/document.xml": `<?xml version="1.0"?><w:document><w:body>${body}</w:body></w:document>`,
    "word/header1.xml": `<w:hdr>${wordParagraph("Toko Sari")}</w:hdr>`,
    "word/footnotes.xml": `<w:footnotes>${wordParagraph("Harga sudah termasuk pajak.")}</w:footnotes>`
  })

export const wordBody = [
  wordParagraph("Syarat &amp; ketentuan"),
  "<w:p><w:r><w:tab/><w:t>Menjorok</w:t></w:r><w:r><w:delText>dihapus</w:delText></w:r></w:p>",
  `<w:tbl><w:tr><w:tc>${wordParagraph("Paket")}</w:tc><w:tc>${wordParagraph("Harga")}</w:tc></w:tr></w:tbl>`,
  `<mc:AlternateContent><mc:Choice>${wordParagraph("Kotak")}</mc:Choice><mc:Fallback>${
    wordParagraph("Kotak")
  }</mc:Fallback></mc:AlternateContent>`
].join("")

export const sheet = packed({
  "xl/workbook.xml": "<workbook/>",
  "xl/sharedStrings.xml":
    "<sst><si><t>Paket</t></si><si><r><t>Ruma</t></r><r><t>han</t></r><rPh><t>x</t></rPh></si></sst>",
  "xl/styles.xml": "<styleSheet><numFmts><numFmt numFmtId=\"165\" formatCode=\"&quot;Rp&quot;0\"/></numFmts>" +
    "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>" +
    "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"165\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>",
  "xl/worksheets/sheet10.xml": "<worksheet><sheetData><row><c t=\"b\"><v>1</v></c></row></sheetData></worksheet>",
  "xl/worksheets/sheet2.xml": "<worksheet><sheetData>" +
    "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>" +
    "<row><c s=\"1\"><v>46082</v></c><c s=\"2\"><v>250000</v></c><c s=\"3\"><v>46082.5</v></c>" +
    "<c t=\"inlineStr\"><is><t>lunas</t></is></c><c t=\"str\"><f>A1</f><v>jumlah</v></c></row>" +
    "</sheetData></worksheet>"
})

export const slides = packed({
  "ppt/slides/slide10.xml": "<p:sld><a:p><a:r><a:t>Terakhir</a:t></a:r></a:p></p:sld>",
  "ppt/slides/slide9.xml": "<p:sld><a:p><a:r><a:t>Pertama</a:t></a:r><a:br/><a:r><a:t>baris</a:t></a:r></a:p></p:sld>"
})

const manifest = (of: string) => `<manifest:manifest>${of}</manifest:manifest>`

/** OpenDocument names its type in its first part, unpacked. */
export const openText = (content: string, encrypted = false) =>
  zipSync({
    mimetype: [strToU8(types.openText), { level: 0 }],
    "META-INF/manifest.xml": strToU8(
      manifest(encrypted ? "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>" : "")
    ),
    "content.xml": strToU8(`<office:document-content>${content}</office:document-content>`)
  })

export const openTextBody = "<text:tracked-changes><text:p>dulu</text:p></text:tracked-changes>" +
  "<text:h>Jam<text:s/>buka</text:h><text:p>08.00<text:tab/>17.00<office:annotation><text:p>cek</text:p>" +
  "</office:annotation></text:p>"

/** A part of so many megabytes in a few kilobytes. */
export const bomb = (megabytes: number) =>
  zipSync({ "word/document.xml": [new Uint8Array(megabytes * 1024 * 1024).fill(32), { level: 9 }] })

/** The same, which says that it unpacks to nothing. */
export const lyingBomb = (megabytes: number) => {
  const content = Buffer.from(bomb(megabytes))
  const directory = content.indexOf("PK\u0001\u0002", "latin1")
  content.writeUInt32LE(10, directory + 24)
  return new Uint8Array(content)
}

export const bad = {
  zip: packed({ "word/other.xml": "" }),
  cut: word(wordBody).subarray(0, 300),
  old: new Uint8Array(Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)])),
  locked: new Uint8Array(Buffer.concat([
    Buffer.from("d0cf11e0a1b11ae1", "hex"),
    Buffer.alloc(600),
    Buffer.from("EncryptedPackage", "utf16le")
  ]))
}

/** An element in an element, and so on. */
export const nested = (depth: number) => "<w:p>".repeat(depth)

/** A workbook with so many texts to choose from. */
export const manyTexts = (count: number) =>
  packed({
    "xl/sharedStrings.xml": `<sst>${"<si><t>pilihan kata</t></si>".repeat(count)}</sst>`,
    "xl/worksheets/sheet1.xml": "<worksheet/>"
  })
