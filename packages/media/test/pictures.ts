/** Small pictures whose left half is red; as browsers encode them, and as they arrive broken. */

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))

/** 48 by 32 pixels, whose right half is blue. */
export const jpeg = fromBase64(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABh" +
    "Y3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
    "AAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAAB" +
    "UAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAA" +
    "AAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9Y" +
    "WVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAM" +
    "ZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQ" +
    "FxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgo" +
    "KCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAgADADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAYH" +
    "/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABYBAQEBAAAAAAAAAAAAAAAAAAcIBv/EABkRAQADAQEAAAAAAAAAAAAAAAAHRMKCg//a" +
    "AAwDAQACEQMRAD8AzoBjlIiAX6AMMT2/PYrk2r3gAMIqX4CPVUiAX6AMMT2/PYrk2r3gAMIqf//Z"
)

/** 64 by 64 pixels of WebP in two pictures: the right half of the first one shines through. */
export const animatedSticker = fromBase64(
  "UklGRjQBAABXRUJQVlA4WAoAAAASAAAAPwAAPwAAQU5JTQYAAAAAAAAAAABBTk1GiAAAAAAAAAAAAD8AAD8AAGQAAABBTFBIFAAA" +
    "AAEPMP8REUIsmMxfOoa+iP5HFXwHVlA4IFQAAABwBACdASpAAEAAPm0wlEckIyIhKggAgA2JYwDSYoB+AABRiOCCq4tLFhmJYAD+" +
    "8JtD/+QXLC65Gv/8gP+QH/ID/+PfZufFHj6RNdcgc7JQP1GhQABBTk1GeAAAAAAAAAAAAD8AAD8AAGQAAABWUDggYAAAAJAFAJ0B" +
    "KkAAQAA+bTSVRyQjIiEqCACADYljAJXP+AfiBpgPxJ/WbcQAC+QdtZBMe/r18bAAAP7wm0AAk5nZ3nufttwG4OhDbD+nwefttwdD" +
    "L03UNLuwXhDfUooAAAAAAA=="
)

/** The JPEG with an EXIF orientation, 1 to 8. */
export const turned = (orientation: number): Uint8Array => {
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010000000000000000", "hex")
  tiff.writeUInt16BE(orientation, 18)
  const head = Buffer.alloc(10)
  head.writeUInt16BE(0xffe1, 0)
  head.writeUInt16BE(8 + tiff.length, 2)
  head.write("Exif", 4, "latin1")
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), head, tiff, jpeg.subarray(2)]))
}

/** GIF of one picture for each colour (0 red, 1 blue). */
export const gif = (width: number, height: number, ...colours: ReadonlyArray<0 | 1>): Uint8Array => {
  const frame = (colour: 0 | 1) => {
    // The dictionary is cleared before each pixel, so that a code always has three bits.
    const codes = [...Array.from({ length: width * height }, () => [4, colour]).flat(), 5]
    const bytes = Buffer.alloc(Math.ceil((3 * codes.length) / 8))
    codes.forEach((code, index) => {
      for (let bit = 0; bit < 3; bit++) {
        const at = 3 * index + bit
        if ((code >> bit) % 2 === 1) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << at % 8)
      }
    })
    const blocks = []
    for (let at = 0; at < bytes.length; at += 255) {
      const block = bytes.subarray(at, at + 255)
      blocks.push(Buffer.from([block.length]), block)
    }
    return [
      Buffer.from("21f904040a000000", "hex"),
      Buffer.from([0x2c, 0, 0, 0, 0, ...size, 0, 2]),
      ...blocks,
      Buffer.of(0)
    ]
  }
  const size = [width & 255, width >> 8, height & 255, height >> 8]
  return new Uint8Array(Buffer.concat([
    Buffer.from("GIF89a", "latin1"),
    Buffer.from([...size, 0x80, 0, 0, 255, 0, 0, 0, 0, 255]),
    ...colours.flatMap(frame),
    Buffer.of(0x3b)
  ]))
}

/** WebP that says it has a frame in a frame in a frame, and so on. */
export const nestedFrames = (depth: number): Uint8Array => {
  const frames = Buffer.alloc(12 + 24 * depth)
  frames.write("RIFF", 0, "latin1")
  frames.writeUInt32LE(frames.length - 8, 4)
  frames.write("WEBP", 8, "latin1")
  for (let at = 12; at < frames.length; at += 24) {
    frames.write("ANMF", at, "latin1")
    frames.writeUInt32LE(frames.length - at - 8, at + 4)
  }
  return new Uint8Array(frames)
}
