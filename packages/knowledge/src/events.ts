/**
 * What happens to knowledge.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Events from "@wicara/core/Events"
import { KnowledgeItemId } from "./KnowledgeItem.ts"

const payload = Schema.Struct({ itemId: KnowledgeItemId, version: Schema.Int })

/** A version was published: search finds it from now on. @category events @since 0.1.0 */
export const ItemPublished = Events.define("knowledge.item.published", payload)

/** An item is no longer searched; its versions stay. @category events @since 0.1.0 */
export const ItemUnpublished = Events.define("knowledge.item.unpublished", payload)

/** An item was deleted; its published versions stay, for what cites them. @category events @since 0.1.0 */
export const ItemDeleted = Events.define("knowledge.item.deleted", payload)
