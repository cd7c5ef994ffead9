/** Four bytes a pixel, row by row. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

/** Turns stored pixels as their EXIF orientation (1 to 8) says: 5 to 8 swap width and height. */
export const turned = ({ height, rgba, width }: Pixels, orientation: number): Pixels => {
  if (orientation === 1) return { height, rgba, width }
  const swaps = orientation >= 5
  const out = new Uint8Array(rgba.length)
  const across = swaps ? height : width
  const down = swaps ? width : height
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const [a, b] = swaps ? [y, x] : [x, y]
      const mirrored = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8
      const flipped = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7
      const fromX = mirrored ? width - 1 - a : a
      const fromY = flipped ? height - 1 - b : b
      const from = 4 * (fromY * width + fromX)
      out.set(rgba.subarray(from, from + 4), 4 * (y * across + x))
    }
  }
  return { width: across, height: down, rgba: out }
}
