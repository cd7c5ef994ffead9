/**
 * The port to a virus scanner: every content goes through it before its file exists.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Schema } from "effect"
import type { Stream } from "effect"

/**
 * What a scanner found.
 *
 * @category models
 * @since 0.1.0
 */
export type ScanVerdict =
  | { readonly _tag: "Clean" }
  | { readonly _tag: "Infected"; readonly signature: string }

/**
 * The scanner does not answer, or can't look into this content: nobody knows what is in it, so it is not taken.
 *
 * @category errors
 * @since 0.1.0
 */
export class ScanFailure extends Schema.TaggedError<ScanFailure>()("ScanFailure", {
  message: Schema.String
}) {}

/**
 * @category services
 * @since 0.1.0
 */
export class VirusScanner extends Context.Service<VirusScanner, {
  /** Reads all of the content, or as much as it takes to refuse it. */
  readonly scan: <E, R>(content: Stream.Stream<Uint8Array, E, R>) => Effect.Effect<ScanVerdict, E | ScanFailure, R>
  /** Whether it answers; what it calls itself. */
  readonly check: Effect.Effect<string, ScanFailure>
}>()("@wicara/files/VirusScanner") {
  /**
   * Takes everything for clean: for a server without a scanner.
   *
   * @since 0.1.0
   */
  static readonly layerNone: Layer.Layer<VirusScanner> = Layer.succeed(
    VirusScanner,
    VirusScanner.of({
      scan: () => Effect.succeed({ _tag: "Clean" }),
      check: Effect.succeed("none")
    })
  )
}
