/**
 * Users named on the command line.
 *
 * @since 0.1.0
 */
import { Users } from "@wicara/core/Users"
import { Effect, Option, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"

/**
 * The user with the address; a new one gets the password, or one made here.
 *
 * @category running
 * @since 0.1.0
 */
export const findOrCreateUser = Effect.fnUntraced(function*(options: {
  readonly email: string
  readonly name: Option.Option<string>
  readonly password: Option.Option<Redacted.Redacted<string>>
}) {
  const users = yield* Users
  const existing = yield* users.findByEmail(options.email)
  if (Option.isSome(existing)) return { user: existing.value, madePassword: Option.none<Redacted.Redacted<string>>() }
  const made = Option.isSome(options.password)
    ? Option.none<Redacted.Redacted<string>>()
    : Option.some(yield* makePassword)
  const user = yield* users.create({
    email: options.email,
    name: Option.getOrElse(options.name, () => options.email.split("@")[0] ?? options.email),
    password: Option.getOrUndefined(Option.orElse(options.password, () => made))
  })
  return { user, madePassword: made }
})

/**
 * A password of 96 random bits that can be read aloud.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makePassword = Effect.gen(function*() {
  const random = yield* SecureRandom.SecureRandom
  const bytes = yield* random.randomBytes(12)
  return Redacted.make(Buffer.from(bytes).toString("base64url").match(/.{1,4}/g)?.join("-") ?? "")
})
