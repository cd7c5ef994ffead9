/**
 * A part of an organization's knowledge that search found.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { KnowledgeChunkId, KnowledgeItemId, KnowledgeKind } from "./KnowledgeItem.ts"

/**
 * @category models
 * @since 0.1.0
 */
export class KnowledgeHit extends Schema.Class<KnowledgeHit>("KnowledgeHit")({
  itemId: KnowledgeItemId,
  chunkId: KnowledgeChunkId,
  version: Schema.Int,
  contentHash: Schema.String.annotate({
    description: "Of heading path and text: tells whether a citation is still true."
  }),
  kind: KnowledgeKind,
  title: Schema.String.annotate({ description: "The article's title, or the question." }),
  variations: Schema.Array(Schema.String).annotate({ description: "Other ways in which the question is asked." }),
  text: Schema.String,
  headingPath: Schema.Array(Schema.String),
  language: Schema.String,
  tags: Schema.Array(Schema.String),
  score: Schema.Number.annotate({ description: "Comparable within one answer only." }),
  coverage: Schema.Number.annotate({
    description: "The share, 0 to 1, of what the question says, by how rare its words are, that this speaks of."
  }),
  confidence: Schema.Number.annotate({
    description: "0 to 1: how likely this answers the question, by coverage and by how near it is to a perfect match."
  }),
  matchedTerms: Schema.Array(Schema.String).annotate({ description: "The question's words that were found, as asked." })
}, { description: "A part of an organization's knowledge that search found." }) {}
