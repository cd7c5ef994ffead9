/**
 * A person who runs the server.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { Actor, UserId } from "./Tenancy.ts"

/**
 * @category models
 * @since 0.1.0
 */
export class PlatformAdmin extends Schema.Class<PlatformAdmin>("PlatformAdmin")({
  userId: UserId,
  email: Schema.String,
  name: Schema.String,
  grantedBy: Actor,
  grantedAt: Instant
}, { description: "A person who runs the server." }) {}
