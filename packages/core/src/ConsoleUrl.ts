/**
 * Where the console is, for the links in what people are told.
 *
 * @since 0.1.0
 */
import { Context, Effect, Option } from "effect"
import { PublicUrl } from "./PublicUrl.ts"

/**
 * The address below which the console's pages are: `https://console.example.com`, or with a path. None where there is no
 * console, and so nothing to link to.
 *
 * @category references
 * @since 0.1.0
 */
export const ConsoleUrl = Context.Reference<Option.Option<string>>("@wicara/core/ConsoleUrl", {
  defaultValue: () => Option.none()
})

/**
 * The address of a page of the console; null where there is no console.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * ConsoleUrl.page(Option.some("https://example.com/console/"), "/members") // => "https://example.com/console/members"
 */
export const page = (consoleUrl: Option.Option<string>, path: string): string | null =>
  Option.match(consoleUrl, { onNone: () => null, onSome: (base) => `${base.replace(/\/+$/, "")}${path}` })

/**
 * The address that links which must lead somewhere begin with: the console's, else the server's own.
 *
 * @category accessors
 * @since 0.1.0
 */
export const orPublicUrl: Effect.Effect<string> = Effect.gen(function*() {
  const publicUrl = yield* PublicUrl
  return Option.getOrElse(yield* ConsoleUrl, () => publicUrl)
})
