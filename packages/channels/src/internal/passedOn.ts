import type { Cause } from "effect"
import type { Refused } from "./inboundDelivery.ts"

/** Why deliveries that `InboundNode` did not acknowledge are answered by the routes behind it, by their requests. */
const passed = new WeakMap<object, Cause.Cause<Refused>>()

export const passOn = (request: object, cause: Cause.Cause<Refused>): void => void passed.set(request, cause)

export const passedOn = (request: object): Cause.Cause<Refused> | undefined => passed.get(request)
