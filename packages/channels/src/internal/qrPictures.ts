import { encodeQR } from "qr"
import { crc32, deflateSync } from "node:zlib"

/** The dark squares of a text's QR code, with the quiet border that scanners need. */
const squares = (text: string): ReadonlyArray<ReadonlyArray<boolean>> => encodeQR(text, "raw", { border: 4 })

/** For terminals: two squares to a character, dark on light whatever the terminal's colours are. */
export const toTerminal = (text: string): string => {
  const rows = squares(text)
  const lines: Array<string> = []
  for (let y = 0; y < rows.length; y += 2) {
    const line = (rows[y] ?? []).map((upper, x) => {
      const lower = rows[y + 1]?.[x] ?? false
      return upper ? (lower ? " " : "▄") : lower ? "▀" : "█"
    })
    lines.push(line.join(""))
  }
  return lines.join("\n")
}

export const toSvg = (text: string): string => encodeQR(text, "svg", { border: 4 })

const chunk = (type: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data])
  const bytes = Buffer.alloc(named.length + 8)
  bytes.writeUInt32BE(data.length, 0)
  named.copy(bytes, 4)
  bytes.writeUInt32BE(crc32(named), named.length + 4)
  return bytes
}

const scale = 8

/** A PNG of two colours, eight pixels to a square. */
export const toPng = (text: string): Uint8Array => {
  const rows = squares(text)
  const size = rows.length * scale
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  // One bit a pixel, grey: a square of eight pixels is one byte.
  header.set([1, 0, 0, 0, 0], 8)
  const lines = rows.flatMap((row) => {
    const line = Uint8Array.from([0, ...row.map((dark) => dark ? 0x00 : 0xff)])
    return Array.from({ length: scale }, () => line)
  })
  return Buffer.concat([
    Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(lines))),
    chunk("IEND", new Uint8Array())
  ])
}
