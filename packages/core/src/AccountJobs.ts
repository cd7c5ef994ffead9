/**
 * The job that sends messages about accounts to addresses that somebody typed. Whether there is an account is found out
 * there and not in the request, which so does the same for every address. `AccountMailWorker` does it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Jobs from "./Jobs.ts"

/**
 * @category jobs
 * @since 0.1.0
 */
export const accountMail = Jobs.define({
  name: "core.account-mail",
  payload: Schema.Struct({
    kind: Schema.Literals(["reset_password", "locked"]),
    email: Schema.String,
    ip: Schema.NullOr(Schema.String),
    userAgent: Schema.NullOr(Schema.String),
    /** Epoch milliseconds. */
    at: Schema.Int
  })
})
