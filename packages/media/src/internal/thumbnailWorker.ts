/** Makes one thumbnail in a thread of its own, which ends with it and gives back all memory. */
import * as photon from "@cf-wasm/photon"
import { parentPort, workerData } from "node:worker_threads"
import { turned } from "./orientation.ts"

/** What the thread is given. */
export interface Drawing {
  readonly content: Uint8Array
  /** Pixels of the thumbnail's longer side, at most. */
  readonly longestSide: number
  /** As in EXIF, 1 to 8. */
  readonly orientation: number
}

/** What it answers. */
export interface Drawn {
  readonly width: number
  readonly height: number
  readonly contentType: "image/jpeg" | "image/png"
  readonly content: Uint8Array<ArrayBuffer>
}

const { content, longestSide, orientation }: Drawing = workerData

const picture = photon.PhotonImage.new_from_byteslice(content)
const scale = Math.min(1, longestSide / Math.max(picture.get_width(), picture.get_height()))
const small = photon.resize(
  picture,
  Math.max(1, Math.round(picture.get_width() * scale)),
  Math.max(1, Math.round(picture.get_height() * scale)),
  photon.SamplingFilter.Triangle
)
picture.free()
const pixels = turned(
  { width: small.get_width(), height: small.get_height(), rgba: small.get_raw_pixels() },
  orientation
)
const upright = new photon.PhotonImage(pixels.rgba, pixels.width, pixels.height)
const isOpaque = pixels.rgba.every((value, index) => index % 4 !== 3 || value === 255)
const drawn: Drawn = {
  width: pixels.width,
  height: pixels.height,
  contentType: isOpaque ? "image/jpeg" : "image/png",
  content: new Uint8Array(isOpaque ? upright.get_bytes_jpeg(80) : upright.get_bytes())
}
parentPort?.postMessage(drawn, [drawn.content.buffer])
