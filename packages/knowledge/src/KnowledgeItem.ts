/**
 * What an organization knows: articles, and questions with their answers. Each published edit makes a version, and each
 * version its chunks, which is what search finds and answers cite.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "@wicara/core/Id"
import { Actor } from "@wicara/core/Tenancy"
import { LanguageTag } from "./Language.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const KnowledgeItemId = Id.make("KnowledgeItemId", "An article, or a question with its answer.")
/** @since 0.1.0 */
export type KnowledgeItemId = typeof KnowledgeItemId.Type

/**
 * @category ids
 * @since 0.1.0
 */
export const KnowledgeChunkId = Id.make("KnowledgeChunkId", "A part of one version of an item: what an answer cites.")
/** @since 0.1.0 */
export type KnowledgeChunkId = typeof KnowledgeChunkId.Type

/**
 * `article`: a title and a Markdown text. `question`: the title is the question, the body its answer.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnowledgeKind = Schema.Literals(["article", "question"]).annotate({ identifier: "KnowledgeKind" })
/** @since 0.1.0 */
export type KnowledgeKind = typeof KnowledgeKind.Type

/**
 * Only published items are searched and cited.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnowledgeStatus = Schema.Literals(["draft", "published"]).annotate({ identifier: "KnowledgeStatus" })
/** @since 0.1.0 */
export type KnowledgeStatus = typeof KnowledgeStatus.Type

/**
 * The most that one item holds.
 *
 * @category constants
 * @since 0.1.0
 */
export const limits = {
  /** Characters of a title or question, and of each variation. */
  title: 1000,
  variations: 100,
  /** Characters of an article or answer. */
  body: 1_000_000,
  tags: 50,
  tag: 100,
  externalKey: 190
} as const

const line = (maximum: number) =>
  Schema.String.check(Schema.isPattern(/\S/, { expected: "text that is not blank" }), Schema.isMaxLength(maximum))

/** @since 0.1.0 @category schemas */
export const Title = line(limits.title).annotate({ description: "The article's title, or the question." })
/** @since 0.1.0 @category schemas */
export const Variations = Schema.Array(line(limits.title)).check(Schema.isMaxLength(limits.variations)).annotate({
  description: "Other ways in which customers ask the question."
})
/** @since 0.1.0 @category schemas */
export const Body = Schema.String.check(Schema.isMaxLength(limits.body)).annotate({
  description: "The article in Markdown, or the answer."
})
/** @since 0.1.0 @category schemas */
export const Tags = Schema.Array(line(limits.tag)).check(Schema.isMaxLength(limits.tags))
/** @since 0.1.0 @category schemas */
export const Category = line(190).annotate({ description: "What the item is filed under; `/` parts the levels." })
/** @since 0.1.0 @category schemas */
export const ExternalKey = line(limits.externalKey).annotate({
  description: "The item's key in the system it comes from; importing the key again updates the item."
})

/**
 * An item with its content as it was last edited.
 *
 * @category models
 * @since 0.1.0
 */
export class KnowledgeItem extends Schema.Class<KnowledgeItem>("KnowledgeItem")({
  id: KnowledgeItemId,
  kind: KnowledgeKind,
  title: Title,
  variations: Variations,
  body: Body,
  language: LanguageTag,
  category: Schema.NullOr(Category),
  tags: Tags,
  status: KnowledgeStatus,
  version: Schema.Int.annotate({ description: "The newest published version; 0 before the first." }),
  revision: Schema.Int.annotate({ description: "Raised by every change; the item's ETag." }),
  externalKey: Schema.NullOr(ExternalKey),
  createdAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}, { description: "An article, or a question with its answer." }) {}

/**
 * What one published edit said: it never changes, so what cites it stays true "as of version n".
 *
 * @category models
 * @since 0.1.0
 */
export class KnowledgeVersion extends Schema.Class<KnowledgeVersion>("KnowledgeVersion")({
  itemId: KnowledgeItemId,
  version: Schema.Int,
  kind: KnowledgeKind,
  title: Title,
  variations: Variations,
  body: Body,
  language: LanguageTag,
  contentHash: Schema.String.annotate({ description: "SHA-256 of the content, hexadecimal." }),
  publishedAt: Schema.DateTimeUtcFromString,
  publishedBy: Actor
}, { description: "What one published edit of an item said." }) {}

/**
 * A part of one version, as long as an answer can quote. It never changes either.
 *
 * @category models
 * @since 0.1.0
 */
export class KnowledgeChunk extends Schema.Class<KnowledgeChunk>("KnowledgeChunk")({
  id: KnowledgeChunkId,
  itemId: KnowledgeItemId,
  version: Schema.Int,
  ordinal: Schema.Int.annotate({ description: "Its place in the version, from 0." }),
  contentHash: Schema.String.annotate({ description: "SHA-256 of heading path and text, hexadecimal." }),
  headingPath: Schema.Array(Schema.String).annotate({ description: "The headings it stands under, outermost first." }),
  text: Schema.String
}, { description: "A part of one version of an item: what an answer cites." }) {}

/**
 * What a new item says. The language is detected when absent.
 *
 * @category schemas
 * @since 0.1.0
 */
export const NewKnowledgeItem = Schema.Struct({
  kind: KnowledgeKind,
  title: Title,
  variations: Schema.optionalKey(Variations),
  body: Body,
  language: Schema.optionalKey(LanguageTag),
  category: Schema.optionalKey(Schema.NullOr(Category)),
  tags: Schema.optionalKey(Tags),
  status: Schema.optionalKey(KnowledgeStatus).annotate({ description: "`published` when absent." }),
  externalKey: Schema.optionalKey(Schema.NullOr(ExternalKey))
}).annotate({ identifier: "NewKnowledgeItem" })
/** @since 0.1.0 */
export type NewKnowledgeItem = typeof NewKnowledgeItem.Type

/**
 * Changes to an item; what is absent stays. A changed published item is published again at once, as a new version.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnowledgeItemChanges = Schema.Struct({
  title: Schema.optionalKey(Title),
  variations: Schema.optionalKey(Variations),
  body: Schema.optionalKey(Body),
  language: Schema.optionalKey(LanguageTag),
  category: Schema.optionalKey(Schema.NullOr(Category)),
  tags: Schema.optionalKey(Tags)
}).annotate({ identifier: "KnowledgeItemChanges" })
/** @since 0.1.0 */
export type KnowledgeItemChanges = typeof KnowledgeItemChanges.Type
