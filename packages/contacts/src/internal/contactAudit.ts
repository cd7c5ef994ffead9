import { Effect, Option } from "effect"
import type { Audit } from "@wicara/core/Audit"
import { CurrentActor } from "@wicara/core/Tenancy"
import type { ContactId } from "../Contact.ts"

/**
 * Records what somebody did to a contact; what the server does by itself is told by its events. Values are left out: they
 * are the customer's, who may ask for them to be forgotten, and the trail forgets nothing.
 */
export const makeContactAudit = (audit: Audit["Service"]) =>
  Effect.fnUntraced(function*(action: string, id: ContactId, after: Readonly<Record<string, unknown>>) {
    const actor = Option.getOrUndefined(yield* Effect.serviceOption(CurrentActor))
    if (actor === undefined || actor.actor._tag === "System") return
    yield* audit.record({ action, target: { type: "contact", id }, after }).pipe(
      Effect.provideService(CurrentActor, actor)
    )
  })

/** @see makeContactAudit */
export type ContactAudit = ReturnType<typeof makeContactAudit>
