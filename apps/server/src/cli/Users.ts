/**
 * Users named on the command line.
 *
 * @since 0.1.0
 */
import { Email, NewPassword, UserName } from "@wicara/core/User"
import { Users } from "@wicara/core/Users"
import { Effect, Option, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { named } from "./Input.ts"

/**
 * The user with the address; a new one gets the password, or one made here. `flags` are the names of the flags that said
 * so.
 *
 * @category running
 * @since 0.1.0
 */
export const findOrCreateUser = Effect.fnUntraced(function*(options: {
  readonly email: string
  readonly name: Option.Option<string>
  readonly password: Option.Option<Redacted.Redacted<string>>
}, flags = { email: "--email", name: "--name", password: "--password" }) {
  const users = yield* Users
  const email = yield* named(flags.email, Email, options.email)
  const name = yield* named(
    flags.name,
    UserName,
    Option.getOrElse(options.name, () => email.split("@")[0])
  )
  const password = Option.isNone(options.password)
    ? Option.none<Redacted.Redacted<string>>()
    : Option.some(yield* named(flags.password, NewPassword, Redacted.value(options.password.value)))
  const existing = yield* users.findByEmail(email)
  if (Option.isSome(existing)) return { user: existing.value, madePassword: Option.none<Redacted.Redacted<string>>() }
  const made = Option.isSome(password)
    ? Option.none<Redacted.Redacted<string>>()
    : Option.some(yield* makePassword)
  const user = yield* users.create({
    email,
    name,
    password: Option.getOrUndefined(Option.orElse(password, () => made))
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
