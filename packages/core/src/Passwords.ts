/**
 * Password hashes: argon2id at OWASP's floor (19 MiB, 2 passes, 1 lane), computed off the main thread, a few at a time.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 * @since 0.1.0
 */
import * as Argon2 from "@node-rs/argon2"
import { Context, Effect, Layer, Redacted, Semaphore } from "effect"
import { Unavailable } from "./Problem.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class Passwords extends Context.Service<Passwords, {
  /** The PHC string to store. */
  readonly hash: (password: Redacted.Redacted<string>) => Effect.Effect<string>
  /**
   * Whether the password is the one that was hashed. For an account that does not exist or has no password, `hash` is
   * `null`: it takes the same time and says no.
   */
  readonly verify: (password: Redacted.Redacted<string>, hash: string | null) => Effect.Effect<boolean>
  /** Whether the hash was made with weaker parameters than today's, and should be made anew at the next login. */
  readonly isOutdated: (hash: string) => boolean
}>()("@wicara/core/Passwords") {
  /**
   * At most `concurrency` hashes at a time (one if absent), each 19 MiB and about 15 ms of one core, and at most
   * `waiting` that wait for their turn (32 if absent): whoever comes then is answered 503 (`Unavailable`) at once, so that
   * a flood of sign-ins takes neither the memory nor the time of everything else.
   *
   * @since 0.1.0
   */
  static readonly layerWith = (options?: {
    readonly concurrency?: number
    readonly waiting?: number
  }): Layer.Layer<Passwords> =>
    Layer.effect(
      Passwords,
      Effect.gen(function*() {
        const concurrency = options?.concurrency ?? 1
        const most = concurrency + (options?.waiting ?? 32)
        const semaphore = yield* Semaphore.make(concurrency)
        let taken = 0
        const inTurn = <A, E>(work: Effect.Effect<A, E>) =>
          Effect.suspend(() => {
            // No sign-in answers this of its own: it is what a server says that has too much to do.
            if (taken >= most) return Effect.die(new Unavailable({ detail: "Too many are signing in at once." }))
            taken += 1
            return Effect.ensuring(
              semaphore.withPermits(1)(work),
              Effect.sync(() => {
                taken -= 1
              })
            )
          })
        const compute = (password: string) => Effect.promise((signal) => Argon2.hash(password, parameters, signal))
        // The hash of a password nobody has, so that an unknown account costs what a known one does.
        const nobody = yield* compute(yield* unguessable)
        return Passwords.of({
          hash: Effect.fn("Passwords.hash")((password) => inTurn(compute(Redacted.value(password)))),
          verify: Effect.fn("Passwords.verify")(function*(password, stored) {
            const against = stored ?? nobody
            const matches = yield* inTurn(
              Effect.tryPromise((signal) => Argon2.verify(against, Redacted.value(password), null, signal))
            ).pipe(Effect.orElseSucceed(() => false))
            return matches && stored !== null
          }),
          isOutdated: (stored) => !stored.startsWith(currentPrefix)
        })
      })
    )

  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<Passwords> = Passwords.layerWith()
}

// `Algorithm.Argon2id` and `Version.V0x13`, which are ambient const enums and can't be imported by name.
const parameters: Argon2.Options = { algorithm: 2, version: 1, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const currentPrefix = "$argon2id$v=19$m=19456,t=2,p=1$"
const unguessable = Effect.map(Effect.sync(() => crypto.getRandomValues(new Uint8Array(32))), (bytes) => bytes.join(""))
