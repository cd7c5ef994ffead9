/**
 * Small files of the kinds that people send, made here: what they are is told by their content, as with real ones.
 *
 * @since 0.1.0
 */
import { crc32, deflateSync } from "node:zlib"

/**
 * @category models
 * @since 0.1.0
 */
export interface SampleFile {
  readonly bytes: Uint8Array
  readonly mimeType: string
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const chunk = (type: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data])
  return Buffer.concat([uint32(data.length), named, uint32(crc32(named))])
}

/**
 * A picture of so many pixels, in PNG: a gradient that `seed` colours.
 *
 * @category constructors
 * @since 0.1.0
 */
export const png = (width: number, height: number, seed = 0): Uint8Array => {
  const row = 1 + 3 * width
  const pixels = Buffer.alloc(row * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * row + 1 + 3 * x
      pixels[at] = Math.floor((x * 255) / width)
      pixels[at + 1] = Math.floor((y * 255) / height)
      pixels[at + 2] = seed & 0xff
    }
  }
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([8, 2, 0, 0, 0])])
  return new Uint8Array(Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0))
  ]))
}

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>): Uint8Array =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part)))
  )

/**
 * A PDF with a page for each text, whose lines are written below each other. Without any text a page is empty, as one that
 * was scanned is to a reader. `encrypted`: nobody reads it without its password, which nobody has.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pdf = (pages: ReadonlyArray<string>, options: { readonly encrypted?: boolean } = {}): Uint8Array => {
  const literal = (text: string) => `(${text.replace(/[\\()]/g, "\\$&")})`
  const lines = (text: string) => text === "" ? "" : text.split("\n").map((line) => `${literal(line)} Tj T*`).join(" ")
  const contents = pages.map((text) => `BT /F1 12 Tf 14 TL 40 760 Td ${lines(text)} ET`)
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    `<</Type/Pages/Count ${pages.length}/Kids[${pages.map((_, index) => `${4 + 2 * index} 0 R`).join(" ")}]>>`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ...contents.flatMap((content, index) => [
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${5 + 2 * index} 0 R` +
      "/Resources<</Font<</F1 3 0 R>>>>>>",
      `<</Length ${content.length}>>stream\n${content}\nendstream`
    ])
  ]
  const key = "00".repeat(32)
  const encrypt = options.encrypted === true
    ? `/ID[<${key}><${key}>]/Encrypt<</Filter/Standard/V 1/R 2/O<${key}>/U<${key}>/P -4>>`
    : ""
  const starts: Array<number> = []
  let text = "%PDF-1.4\n"
  objects.forEach((object, index) => {
    starts.push(text.length)
    text += `${index + 1} 0 obj${object}endobj\n`
  })
  const table = starts.map((start) => `${String(start).padStart(10, "0")} 00000 n \n`).join("")
  const size = objects.length + 1
  return bytes(
    `${text}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer<</Size ${size}/Root 1 0 R${encrypt}>>\n`,
    `startxref\n${text.length}\n%%EOF\n`
  )
}

/**
 * A small file of a kind of message: `image`, `video`, `audio`, `sticker`, anything else is a document.
 *
 * @category constructors
 * @since 0.1.0
 */
export const sample = (kind: string): SampleFile => {
  switch (kind) {
    case "image":
      return { bytes: png(64, 48), mimeType: "image/png" }
    case "video":
      return {
        bytes: bytes([0, 0, 0, 24], "ftypmp42", [0, 0, 0, 0], "mp42isom", [0, 0, 0, 8], "mdat"),
        mimeType: "video/mp4"
      }
    case "audio":
      return {
        bytes: bytes("OggS", [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 19], "OpusHead", [
          1,
          1,
          0,
          0
        ]),
        mimeType: "audio/ogg; codecs=opus"
      }
    case "sticker":
      return {
        bytes: bytes("RIFF", [18, 0, 0, 0], "WEBPVP8L", [5, 0, 0, 0, 0x2f, 0, 0, 0, 0, 0]),
        mimeType: "image/webp"
      }
    default:
      return { bytes: bytes("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"), mimeType: "application/pdf" }
  }
}
