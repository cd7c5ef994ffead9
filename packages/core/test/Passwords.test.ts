import { assert, describe, it } from "@effect/vitest"
import { Passwords } from "@wicara/core/Passwords"
import { Unavailable } from "@wicara/core/Problem"
import { Cause, Effect, Exit, Redacted } from "effect"

const right = Redacted.make("correct horse battery")

describe("Passwords", () => {
  it.live("take so many sign-ins at once and refuse the others, who may come again", () =>
    Effect.gen(function*() {
      const passwords = yield* Passwords
      const hash = yield* passwords.hash(right)
      const exits = yield* Effect.forEach(
        Array.from({ length: 20 }),
        () => Effect.exit(passwords.verify(right, hash)),
        { concurrency: "unbounded" }
      )
      const refused = exits.filter(Exit.isFailure)
      assert.strictEqual(refused.length, 20 - (1 + 4))
      for (const { cause } of refused) assert.instanceOf(Cause.squash(cause), Unavailable)
      for (const exit of exits.filter(Exit.isSuccess)) assert.isTrue(exit.value)
      assert.isTrue(yield* passwords.verify(right, hash))
      assert.isFalse(yield* passwords.verify(Redacted.make("wrong"), hash))
    }).pipe(Effect.provide(Passwords.layerWith({ concurrency: 1, waiting: 4 }))))

  it.live("give a turn back that nobody waits for any more", () =>
    Effect.gen(function*() {
      const passwords = yield* Passwords
      const hash = yield* passwords.hash(right)
      for (let round = 0; round < 5; round++) {
        yield* Effect.forEach(
          Array.from({ length: 2 }),
          () => Effect.timeoutOption(passwords.verify(right, hash), "1 millis"),
          { concurrency: "unbounded" }
        )
      }
      assert.isTrue(yield* passwords.verify(right, hash))
    }).pipe(Effect.provide(Passwords.layerWith({ concurrency: 1, waiting: 1 }))))
})
