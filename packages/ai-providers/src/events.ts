/**
 * What happens to configured models, for consumers of the event log.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Events from "@wicara/core/Events"
import { AiProviderId } from "./AiProvider.ts"

/** @category events @since 0.1.0 */
export const AiProviderCreated = Events.define(
  "ai.provider.created",
  Schema.Struct({ aiProviderId: AiProviderId, kind: Schema.String })
)

/** @category events @since 0.1.0 */
export const AiProviderUpdated = Events.define("ai.provider.updated", Schema.Struct({ aiProviderId: AiProviderId }))

/** @category events @since 0.1.0 */
export const AiProviderDeleted = Events.define("ai.provider.deleted", Schema.Struct({ aiProviderId: AiProviderId }))
