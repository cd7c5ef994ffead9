/**
 * Which passwords are good enough: any characters, 10 to 256 of them, and none that attackers try first. Refused are
 * passwords of a list of 49,000 common ones, a common one that only digits and punctuation were added to, words of the
 * person's own name and address, and whatever the hook `BreachedPasswords` knows.
 *
 * @see https://github.com/OWASP/ASVS (6.2 in version 5.0)
 * @since 0.1.0
 */
import { Context, Effect, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createHash } from "node:crypto"
import { InvalidInput } from "./Problem.ts"
import { english } from "./ProblemTexts.ts"

/**
 * Asks whether a password is known from a breach. An answer that can't be had is no.
 *
 * @category models
 * @since 0.1.0
 */
export type IsBreached = (password: Redacted.Redacted<string>) => Effect.Effect<boolean>

/**
 * The hook for a list of breached passwords; none by default.
 *
 * @category references
 * @since 0.1.0
 */
export const BreachedPasswords = Context.Reference<IsBreached>("@wicara/core/BreachedPasswords", {
  defaultValue: () => () => Effect.succeed(false)
})

/**
 * Asks a service that answers by ranges of SHA-1, which learns five hexadecimal digits of 40 and not which password was
 * asked about: Have I Been Pwned, or a copy of it at another `url`. After two seconds without an answer it is no.
 *
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswords
 * @category constructors
 * @since 0.1.0
 */
export const rangeService = (
  url: string
): Effect.Effect<IsBreached, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (client): IsBreached => (password) => {
    const digest = createHash("sha1").update(Redacted.value(password)).digest("hex").toUpperCase()
    const suffix = digest.slice(5)
    const request = HttpClientRequest.get(`${url.replace(/\/+$/, "")}/range/${digest.slice(0, 5)}`).pipe(
      HttpClientRequest.setHeader("add-padding", "true")
    )
    return HttpClient.filterStatusOk(client).execute(request).pipe(
      Effect.flatMap((response) => response.text),
      // Padding has a count of 0.
      Effect.map((text) => text.split(/\r?\n/).some((line) => line.startsWith(suffix) && !/:0+$/.test(line))),
      Effect.timeout("2 seconds"),
      Effect.tapError((error) => Effect.logWarning("The list of breached passwords does not answer", error)),
      Effect.orElseSucceed(() => false)
    )
  })

const common = Effect.runSync(Effect.cached(
  Effect.map(
    Effect.promise(() => import("@zxcvbn-ts/language-common")),
    ({ dictionary }) => new Set<string>(dictionary["passwords-common"])
  )
))

/** A text without the digits and punctuation around it: `Dragon-2024!` is `dragon`. */
const core = (text: string): string => text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, "")

const isRepetition = (text: string): boolean => /^(.{1,5})\1+.{0,4}$/su.test(text)

const isSequence = (text: string): boolean => {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0)
  const differences = new Set(codes.slice(1).map((code, index) => code - (codes[index] ?? 0)))
  return differences.size === 1 && [...differences].every((difference) => Math.abs(difference) <= 1)
}

const letters = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}]/gu, "")

/** Whether next to nothing is left of the text's letters without the words and their parts. */
const isMadeOf = (text: string, words: ReadonlyArray<string>): boolean => {
  const parts = words.flatMap((word) => [word, ...word.split(/[^\p{L}]+/u)]).map(letters)
    .filter((part) => part.length > 2).toSorted((one, other) => other.length - one.length)
  const all = letters(text)
  const left = parts.reduce((left, part) => left.replaceAll(part, ""), all)
  return left.length < 3 && left.length < all.length
}

/**
 * Fails at the `field` with what is wrong with the password. `words` are the person's own: address and name.
 *
 * @category guards
 * @since 0.1.0
 */
export const check = Effect.fn("PasswordPolicy.check")(function*(options: {
  readonly password: Redacted.Redacted<string>
  readonly words: ReadonlyArray<string>
  /** A JSON pointer. */
  readonly field: string
}) {
  const text = Redacted.value(options.password)
  const length = Array.from(text).length
  if (length < 10) return yield* InvalidInput.of(options.field, english("shortPassword"))
  const lower = text.toLowerCase()
  const passwords = yield* common
  if (passwords.has(lower) || passwords.has(core(lower)) || isRepetition(lower) || isSequence(lower)) {
    return yield* InvalidInput.of(options.field, english("commonPassword"))
  }
  if (isMadeOf(lower, [...options.words, ...product])) {
    return yield* InvalidInput.of(options.field, "This password is made of a name that is easy to guess.")
  }
  const isBreached = yield* BreachedPasswords
  if (yield* isBreached(options.password)) {
    return yield* InvalidInput.of(options.field, "This password is known from a breach of another service.")
  }
})

/** What stands on the page where one chooses a password. */
const product: ReadonlyArray<string> = ["wicara", "whatsapp", "customer", "service", "chatbot"]
