/**
 * Sends the messages about accounts that requests asked for.
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Layer, Option } from "effect"
import { accountMail } from "./AccountJobs.ts"
import { AccountNotices } from "./AccountNotices.ts"
import * as Jobs from "./Jobs.ts"
import { PasswordReset } from "./PasswordReset.ts"
import { Users } from "./Users.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Jobs.Jobs | Users | PasswordReset | AccountNotices> = Layer.unwrap(
  Effect.gen(function*() {
    const users = yield* Users
    const reset = yield* PasswordReset
    const notices = yield* AccountNotices
    return Jobs.systemWorker(accountMail, ({ payload }) =>
      Effect.gen(function*() {
        const user = yield* users.findByEmail(payload.email)
        if (Option.isNone(user) || user.value.status !== "active") return
        const client = { ip: payload.ip ?? undefined, userAgent: payload.userAgent ?? undefined }
        yield* payload.kind === "reset_password"
          ? reset.send(user.value, client)
          : notices.alert(user.value, "locked", client, DateTime.makeUnsafe(payload.at))
      }))
  })
)
