/**
 * The address under which people reach the server, and the links to it that messages carry.
 *
 * @since 0.1.0
 */
import { Context, Redacted } from "effect"

/**
 * An absolute URL without a path, as a browser names the origin of the server: `https://chat.example.com`.
 *
 * @category references
 * @since 0.1.0
 */
export const PublicUrl = Context.Reference<string>("@wicara/core/PublicUrl", {
  defaultValue: () => "http://localhost:3000"
})

/**
 * A page of the console with a secret in the fragment, which browsers keep out of requests, logs and `Referer`.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * PublicUrl.link("https://chat.example.com", "reset-password", token) // https://chat.example.com/reset-password#token=...
 */
export const link = (
  publicUrl: string,
  page: string,
  token: Redacted.Redacted<string>
): Redacted.Redacted<string> =>
  Redacted.make(`${publicUrl.replace(/\/+$/, "")}/${page}#token=${encodeURIComponent(Redacted.value(token))}`, {
    label: "link"
  })
