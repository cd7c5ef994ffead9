/**
 * Why the emulated API does not take a message that is well formed: the number, the window, the person, the limits.
 *
 * @since 0.1.0
 */
import * as Emulator from "../Emulator.ts"
import type { Phones } from "../EmulatorPhones.ts"
import type { CloudAccount } from "./CloudAccount.ts"
import type { CloudLimits } from "./CloudLimits.ts"
import type { CloudMedia } from "./CloudMedia.ts"
import type { CloudSend } from "./CloudSend.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

const day = 24 * 60 * 60_000

/**
 * What it goes by.
 *
 * @category models
 * @since 0.1.0
 */
export interface Admission {
  readonly limits: CloudLimits
  readonly media: CloudMedia
  readonly phones: Pick<Phones, "lastFromCustomer">
  /** Who wants no advertisements: number and person. */
  readonly stopped: ReadonlySet<string>
}

/**
 * The refusal of a message; what is not refused has taken its place in the limits.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make =
  ({ limits, media, phones, stopped }: Admission) =>
  (account: CloudAccount, send: CloudSend, customer: Emulator.Customer, now: number): GraphFailure | undefined => {
    const key = Emulator.customerKey(customer)
    const last = phones.lastFromCustomer(account.id, key)
    if (!account.registered) return Failure.make(133010, "Account not registered")
    if (send.mediaIds?.some((id) => media.get(id)?.account !== account.id) === true) {
      return Failure.make(100, `Param ${send.kind}['id'] is not a valid whatsapp business account media attachment ID`)
    }
    if (send.template?.category === "AUTHENTICATION" && send.to.type === "bsuid") return Failure.make(131062)
    if (send.template?.category === "MARKETING" && stopped.has(`${account.id}\u0000${key}`)) return Failure.make(131050)
    if (
      account.enforceWindow && send.template === undefined && send.to.type !== "group" &&
      !account.unreachable.includes(key) && (last === undefined || now - last >= day)
    ) {
      return Failure.make(
        131047,
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
      )
    }
    return limits.take({
      account,
      customer: key,
      businessInitiated: send.to.type !== "group" && (last === undefined || now - last >= day),
      now
    })
  }
