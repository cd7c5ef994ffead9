/**
 * A lease that ended too early.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * The lease ended and someone else may hold the event now: whatever was done must be rolled back.
 *
 * @category errors
 * @since 0.1.0
 */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {}) {}
