/**
 * QR codes as pictures and as text: what a phone scans to be linked.
 *
 * @since 0.1.0
 */
import { toPng, toSvg, toTerminal } from "./internal/qrPictures.ts"

/**
 * A picture of the text's QR code, PNG.
 *
 * @category conversions
 * @since 0.1.0
 */
export const png: (text: string) => Uint8Array = toPng

/**
 * A picture of the text's QR code, SVG.
 *
 * @category conversions
 * @since 0.1.0
 */
export const svg: (text: string) => string = toSvg

/**
 * The text's QR code as lines of block characters, for a terminal with light letters on dark ground.
 *
 * @category conversions
 * @since 0.1.0
 */
export const terminal: (text: string) => string = toTerminal
