/**
 * Colours that can be read, whatever brand colour a site has.
 */
type Rgb = readonly [number, number, number]

const parse = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

const format = (color: Rgb): string =>
  `#${color.map((part) => Math.round(Math.min(255, Math.max(0, part))).toString(16).padStart(2, "0")).join("")}`

const luminance = (color: Rgb): number => {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0)
}

/** The contrast of two colours after WCAG 2, 1 to 21. */
export const contrast = (one: string, other: string): number => {
  const [a, b] = [luminance(parse(one)), luminance(parse(other))]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share
]

/** The colour itself, or the nearest shade of it that has this contrast to the ground. */
export const readableOn = (hex: string, ground: string, wanted: number): string => {
  const toward: Rgb = luminance(parse(ground)) > 0.4 ? [0, 0, 0] : [255, 255, 255]
  for (let share = 0; share <= 1; share += 0.05) {
    const candidate = format(mix(parse(hex), toward, share))
    if (contrast(candidate, ground) >= wanted) return candidate
  }
  return format(toward)
}

/** Near-black or white, whichever is easier to read on the colour. */
export const textOn = (hex: string): string => contrast("#ffffff", hex) >= 4.5 ? "#ffffff" : onOther(hex)

const onOther = (hex: string): string => contrast("#0b1220", hex) >= contrast("#ffffff", hex) ? "#0b1220" : "#ffffff"

/** The brand colour as a ground for text: made darker where neither black nor white would do on it. */
export const ground = (hex: string): string => contrast(textOn(hex), hex) >= 4.5 ? hex : readableOn(hex, "#ffffff", 4.5)
