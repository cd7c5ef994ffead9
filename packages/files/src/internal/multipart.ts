import { InvalidInput } from "@wicara/core/Problem"
import { Effect, Option, Stream } from "effect"
import { Multipart } from "effect/http"
import type { HttpServerRequest } from "effect/http"

const invalid = (error: Multipart.MultipartError) =>
  InvalidInput.of("/file", `The form can't be read: ${error.reason._tag}.`)

/**
 * Handles the one file of a form while it comes in; its fields are passed over. That the form is cut off, or has another
 * file, shows only afterwards: then what was handled is undone.
 */
export const onlyFile = <A, E, R, R2>(
  request: HttpServerRequest.HttpServerRequest,
  handle: (
    file: { readonly name: string; readonly content: Stream.Stream<Uint8Array, InvalidInput> }
  ) => Effect.Effect<A, E, R>,
  undo: (handled: A) => Effect.Effect<void, never, R2>
): Effect.Effect<A, E | InvalidInput, R | R2> =>
  Effect.suspend(() => {
    let handled = Option.none<A>()
    const each = Effect.fnUntraced(function*(part: Multipart.Part) {
      if (!Multipart.isFile(part)) return
      if (Option.isSome(handled)) return yield* InvalidInput.of("/file", "The form has more than one file.")
      handled = Option.some(yield* handle({ name: part.name, content: Stream.mapError(part.content, invalid) }))
    })
    return Stream.runForEach(Stream.mapError(request.multipartStream, invalid), each).pipe(
      Effect.onError(() => Option.match(handled, { onNone: () => Effect.void, onSome: undo })),
      Effect.andThen(Effect.suspend(() =>
        Option.match(handled, {
          onNone: () => Effect.fail(InvalidInput.of("/file", "The form has no file.")),
          onSome: Effect.succeed
        })
      ))
    )
  })
