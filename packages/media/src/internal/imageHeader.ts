/** What the first bytes of a picture say of its size, before anything is decoded. */

/** Pixels, as they are stored: an orientation may turn them. */
export interface ImageHeader {
  readonly width: number
  readonly height: number
  /** As in EXIF, 1 to 8: how the stored pixels are to be turned. */
  readonly orientation: number
  /** Of the largest part that a decoder makes room for: more than `width * height` where a file contradicts itself. */
  readonly pixels: number
}

type Read = (content: DataView) => Omit<ImageHeader, "pixels"> & { readonly pixels?: number } | undefined

const textAt = (view: DataView, at: number, length: number): string => {
  let text = ""
  for (let index = at; index < at + length && index < view.byteLength; index++) {
    text += String.fromCharCode(view.getUint8(index))
  }
  return text
}

/** The orientation that a TIFF structure names, as EXIF has it: 1 without any. */
const orientationOf = (tiff: DataView): number => {
  if (tiff.byteLength < 8) return 1
  const little = tiff.getUint16(0) === 0x4949
  const start = tiff.getUint32(4, little)
  if (start + 2 > tiff.byteLength) return 1
  const entries = tiff.getUint16(start, little)
  for (let index = 0; index < entries; index++) {
    const at = start + 2 + 12 * index
    if (at + 12 > tiff.byteLength) return 1
    if (tiff.getUint16(at, little) === 0x0112) {
      const value = tiff.getUint16(at + 8, little)
      return value >= 1 && value <= 8 ? value : 1
    }
  }
  return 1
}

const part = (view: DataView, from: number, to: number): DataView =>
  new DataView(view.buffer, view.byteOffset + from, Math.max(0, Math.min(to, view.byteLength) - from))

// https://www.w3.org/TR/png-3/#11IHDR, #11eXIf
const png: Read = (view) => {
  let orientation = 1
  for (let at = 8; at + 8 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const type = textAt(view, at + 4, 4)
    if (type === "eXIf") orientation = orientationOf(part(view, at + 8, at + 8 + view.getUint32(at)))
    if (type === "IDAT") break
  }
  return { width: view.getUint32(16), height: view.getUint32(20), orientation }
}

// ITU-T T.81, annex B: segments until the frame header; EXIF is in the first application segment.
const jpeg: Read = (view) => {
  let orientation = 1
  let at = 2
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2
      continue
    }
    const length = view.getUint16(at + 2)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), orientation }
    if (marker === 0xe1 && textAt(view, at + 4, 4) === "Exif") {
      orientation = orientationOf(part(view, at + 10, at + 2 + length))
    }
    at += 2 + length
  }
  return undefined
}

// https://www.w3.org/Graphics/GIF/spec-gif89a.txt: the screen, then blocks until the first picture.
const gif: Read = (view) => {
  const table = (flags: number) => (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1)
  const width = view.getUint16(6, true)
  const height = view.getUint16(8, true)
  let at = 13 + table(view.getUint8(10))
  while (at + 10 < view.byteLength) {
    const block = view.getUint8(at)
    if (block === 0x2c) {
      const pixels = view.getUint16(at + 5, true) * view.getUint16(at + 7, true)
      return { width, height, orientation: 1, pixels }
    }
    if (block !== 0x21) return undefined
    at += 2
    while (at < view.byteLength && view.getUint8(at) !== 0) at += 1 + view.getUint8(at)
    at++
  }
  return undefined
}

// https://developers.google.com/speed/webp/docs/riff_container
const webp: Read = (view) => {
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
  let size: { readonly width: number; readonly height: number } | undefined
  let orientation = 1
  let pixels = 0
  const found = (width: number, height: number) => {
    size ??= { width, height }
    pixels = Math.max(pixels, width * height)
  }
  const chunks = (from: number, to: number, isFrame: boolean) => {
    for (let at = from; at + 18 <= to;) {
      const id = textAt(view, at, 4)
      const length = view.getUint32(at + 4, true)
      const body = at + 8
      if (id === "VP8X") found(uint24(body + 4) + 1, uint24(body + 7) + 1)
      if (id === "VP8 ") found(view.getUint16(body + 6, true) & 0x3fff, view.getUint16(body + 8, true) & 0x3fff)
      if (id === "VP8L") {
        const bits = view.getUint32(body + 1, true)
        found((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
      }
      // A frame has none within itself.
      if (id === "ANMF" && !isFrame && body + 16 <= to) {
        found(uint24(body + 6) + 1, uint24(body + 9) + 1)
        chunks(body + 16, Math.min(to, body + length), true)
      }
      if (id === "EXIF") {
        const prefix = textAt(view, body, 4) === "Exif" ? 6 : 0
        orientation = orientationOf(part(view, body + prefix, body + length))
      }
      at = body + length + (length & 1)
    }
  }
  chunks(12, view.byteLength, false)
  return size === undefined ? undefined : { ...size, orientation, pixels }
}

const readers: Readonly<Record<string, Read>> = {
  "image/png": png,
  "image/jpeg": jpeg,
  "image/gif": gif,
  "image/webp": webp
}

/** Whether pictures of a media type can be read here. */
export const isReadable = (contentType: string): boolean => Object.hasOwn(readers, contentType)

/** The header of a picture; `undefined` where it is broken, or of another kind. */
export const readHeader = (content: Uint8Array, contentType: string): ImageHeader | undefined => {
  const read = isReadable(contentType) ? readers[contentType] : undefined
  if (read === undefined || content.length < 26) return undefined
  const header = read(new DataView(content.buffer, content.byteOffset, content.byteLength))
  if (header === undefined || header.width === 0 || header.height === 0) return undefined
  const { height, orientation, width } = header
  return { width, height, orientation, pixels: Math.max(width * height, header.pixels ?? 0) }
}
