/** Makes one thumbnail in a thread of its own, which ends with it and gives back all memory. */
import * as photon from "@cf-wasm/photon"
import { parentPort, workerData } from "node:worker_threads"
import { turned } from "./orientation.ts"
import type { Drawing, Drawn } from "./thumbnailThread.ts"

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
  content: isOpaque ? upright.get_bytes_jpeg(80) : upright.get_bytes()
}
// Of a thread, not of a window: there is no origin to name.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(drawn)
