/**
 * What happens to knowledge.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Events from "@wicara/core/Events"
import { KnowledgeItemId } from "./KnowledgeItem.ts"

const payload = Schema.Struct({ itemId: KnowledgeItemId, version: Schema.Int })

/** What every event of an item has: the item, and its newest published version. @category models @since 0.1.0 */
export type ItemEvent = Events.EventDefinition<`knowledge.item.${string}`, typeof payload>

/** An item was added, as a draft or published at once. @category events @since 0.1.0 */
export const ItemCreated = Events.define("knowledge.item.created", payload)

/** Something changed that search does not show as a new version: a draft, tags, a category. @category events @since 0.1.0 */
export const ItemUpdated = Events.define("knowledge.item.updated", payload)

/** A version was published: search finds it from now on. @category events @since 0.1.0 */
export const ItemPublished = Events.define("knowledge.item.published", payload)

/** An item is no longer searched; its versions stay. @category events @since 0.1.0 */
export const ItemUnpublished = Events.define("knowledge.item.unpublished", payload)

/** An item was deleted; its published versions stay, for what cites them. @category events @since 0.1.0 */
export const ItemDeleted = Events.define("knowledge.item.deleted", payload)
