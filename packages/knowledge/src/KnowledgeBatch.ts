/**
 * One thing done to many items.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { KnowledgeItemId, KnowledgeKind, KnowledgeStatus } from "./KnowledgeItem.ts"
import { LanguageTag } from "./Language.ts"

/**
 * @category schemas
 * @since 0.1.0
 */
export const KnowledgeAction = Schema.Literals(["publish", "unpublish", "delete"]).annotate({
  identifier: "KnowledgeAction"
})
/** @since 0.1.0 */
export type KnowledgeAction = typeof KnowledgeAction.Type

/**
 * Items that fit all of what is given.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnowledgeBatchRequest = Schema.Struct({
  action: KnowledgeAction,
  filter: Schema.Struct({
    ids: Schema.optionalKey(Schema.Array(KnowledgeItemId).check(Schema.isBetweenLength(1, 500))),
    status: Schema.optionalKey(KnowledgeStatus),
    language: Schema.optionalKey(LanguageTag),
    kind: Schema.optionalKey(KnowledgeKind)
  }).annotate({ description: "All items when it is empty." })
}).annotate({ identifier: "KnowledgeBatchRequest" })
/** @since 0.1.0 */
export type KnowledgeBatchRequest = typeof KnowledgeBatchRequest.Type
