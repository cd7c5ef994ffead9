/**
 * What becomes of a message that the emulated API took: its statuses as they come, at once or when it is no longer kept
 * back.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-pacing
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import * as Emulator from "../Emulator.ts"
import type * as EmulatorFaults from "../EmulatorFaults.ts"
import * as EmulatorPhones from "../EmulatorPhones.ts"
import type * as WebhookDelivery from "../WebhookDelivery.ts"
import type { CloudAccount } from "./CloudAccount.ts"
import type { CloudLimits } from "./CloudLimits.ts"
import * as CloudPayload from "./CloudPayload.ts"
import type { CloudSend } from "./CloudSend.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/** A message that was taken. @category models @since 0.1.0 */
export interface TakenMessage {
  readonly account: CloudAccount
  readonly send: CloudSend
  readonly customer: Emulator.Customer
  readonly id: string
  readonly at: number
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = ({ emit, faults, limits, phones }: {
  readonly emit: (
    account: string,
    update: CloudPayload.Update,
    about: WebhookDelivery.Delivery["about"]
  ) => Effect.Effect<void>
  readonly faults: EmulatorFaults.FaultState
  readonly limits: CloudLimits
  readonly phones: EmulatorPhones.Phones
}) => {
  const held = new Map<string, Array<TakenMessage>>()

  const goOn = Effect.fnUntraced(function*({ account, at, customer, id, send }: TakenMessage, refused?: GraphFailure) {
    const key = Emulator.customerKey(customer)
    const { deliveredDelay, read, readDelay, sentDelay } = faults.current()
    const reach = Effect.fnUntraced(function*(
      status: "sent" | "delivered" | "read" | "played" | "failed",
      delay: EmulatorFaults.Range,
      error?: object
    ) {
      yield* Effect.sleep(faults.between(delay, `${id}:${status}`))
      yield* phones.change(account.id, key, id, EmulatorPhones.withStatus(status))
      yield* emit(
        account.id,
        {
          field: "messages",
          key: "statuses",
          element: CloudPayload.status({
            id,
            status,
            at: yield* Clock.currentTimeMillis,
            customer,
            callbackData: send.callbackData,
            category: send.marketing === true ? "marketing_lite" : send.template?.category.toLowerCase() ?? "service",
            error
          }),
          ...(status === "failed" ? undefined : { contact: CloudPayload.contact(customer) })
        },
        {
          to: key,
          providerMessageId: id,
          ...(send.callbackData === undefined ? undefined : { clientMessageId: send.callbackData })
        }
      )
    })
    const failure = account.unreachable.includes(key) ? Failure.make(131026, "Message Undeliverable.") : refused
    if (failure !== undefined) {
      limits.undelivered(account, key, at)
      return yield* reach("failed", sentDelay, Failure.inStatus(failure))
    }
    yield* reach("sent", sentDelay)
    yield* reach("delivered", deliveredDelay)
    if (!read) return
    yield* reach("read", readDelay)
    const { audio } = send.native
    if (send.kind === "audio" && typeof audio === "object" && audio !== null && "voice" in audio) {
      yield* reach("played", readDelay)
    }
  })

  return {
    goOn,
    hold: (message: TakenMessage) => {
      held.set(message.account.id, [...(held.get(message.account.id) ?? []), message])
    },
    /** What an account's messages wait for that are kept back; they no longer are. */
    release: (account: string, outcome: "send" | "drop"): ReadonlyArray<Effect.Effect<void>> => {
      const waiting = held.get(account) ?? []
      held.delete(account)
      return waiting.map((message) =>
        goOn(message, outcome === "drop" ? Failure.make(132015, "The template was paused for its quality") : undefined)
      )
    }
  }
}
