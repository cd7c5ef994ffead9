/**
 * A file of one organization: what it is called, what it holds, and what is known of it as a document.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { Instant } from "@wicara/core/Instant"
import { typeUri } from "@wicara/core/Problem"
import { Actor } from "@wicara/core/Tenancy"
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { titles } from "./ProblemTitles.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const FileId = Id.make("FileId", "A file of one organization.")
/** @since 0.1.0 */
export type FileId = typeof FileId.Type

const Label = Schema.String.check(Schema.isTrimmed(), Schema.isMinLength(1), Schema.isMaxLength(64))

/**
 * What people write about a file.
 *
 * @category models
 * @since 0.1.0
 */
export const DocumentFields = {
  title: Schema.NullOr(Schema.String.check(Schema.isMaxLength(300))),
  description: Schema.NullOr(Schema.String.check(Schema.isMaxLength(5000))),
  /** At most 20. */
  labels: Schema.Array(Label).check(Schema.isMaxLength(20))
}

/**
 * A file whose content is stored, whole and checked. What is still being sent is no file yet.
 *
 * @category models
 * @since 0.1.0
 */
export class StoredFile extends Schema.Class<StoredFile>("StoredFile")({
  id: FileId,
  /** As it was called where it came from, without what could mislead or escape. Never part of a path. */
  name: Schema.String,
  /** What the content is, by its first bytes; whatever the sender said. */
  contentType: Schema.String,
  /** Bytes. */
  size: Schema.Int,
  /** SHA-256 in hexadecimal. */
  checksum: Schema.String,
  ...DocumentFields,
  createdBy: Actor,
  createdAt: Instant,
  updatedAt: Instant,
  /** When it is cleared away, unless something needs it; null if it stays. */
  expiresAt: Schema.NullOr(Instant)
}) {}

/**
 * What to change; absent fields stay.
 *
 * @category models
 * @since 0.1.0
 */
export const UpdateFile = Schema.Struct({
  name: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(255))),
  title: Schema.optionalKey(DocumentFields.title),
  description: Schema.optionalKey(DocumentFields.description),
  labels: Schema.optionalKey(DocumentFields.labels)
}).annotate({ identifier: "UpdateFile" })
/** @since 0.1.0 */
export type UpdateFile = typeof UpdateFile.Type

/**
 * A link by which anybody may load a file, until it expires.
 *
 * @category models
 * @since 0.1.0
 */
export const FileLink = Schema.Struct({
  url: Schema.String.annotate({ description: "Who has it needs no credential." }),
  expiresAt: Instant
}).annotate({ identifier: "FileLink" })
/** @since 0.1.0 */
export type FileLink = typeof FileLink.Type

/**
 * A link to make.
 *
 * @category models
 * @since 0.1.0
 */
export const NewFileLink = Schema.Struct({
  expiresInSeconds: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 604_800 })).annotate({
    description: "At most 7 days."
  }),
  inline: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "NewFileLink" })
/** @since 0.1.0 */
export type NewFileLink = typeof NewFileLink.Type

/**
 * How much of its quota an organization uses.
 *
 * @category models
 * @since 0.1.0
 */
export const FileUsage = Schema.Struct({
  files: Schema.Int,
  /** Bytes, with what is being sent now. */
  bytes: Schema.Int,
  /** Bytes. */
  quota: Schema.Int
}).annotate({ identifier: "FileUsage" })
/** @since 0.1.0 */
export type FileUsage = typeof FileUsage.Type

/**
 * The file is larger than any may be.
 *
 * @category errors
 * @since 0.1.0
 */
export class FileTooLarge extends HttpApiError.Problem<FileTooLarge>()("FileTooLarge", {
  type: typeUri("file-too-large"),
  status: 413,
  title: titles.messages["file-too-large"].en
}, { limit: Schema.Int.annotate({ description: "Bytes." }) }) {
  /** A `FileTooLarge` with a detail sentence. */
  static of(limit: number): FileTooLarge {
    return new FileTooLarge({ limit, detail: `A file may have at most ${limit} bytes.` })
  }
}

/**
 * With this file the organization would have more than it may.
 *
 * @category errors
 * @since 0.1.0
 */
export class FileQuotaExceeded extends HttpApiError.Problem<FileQuotaExceeded>()("FileQuotaExceeded", {
  type: typeUri("file-quota-exceeded"),
  status: 507,
  title: titles.messages["file-quota-exceeded"].en
}, { quota: Schema.Int.annotate({ description: "Bytes." }) }) {
  /** A `FileQuotaExceeded` with a detail sentence. */
  static of(quota: number): FileQuotaExceeded {
    return new FileQuotaExceeded({
      quota,
      detail: `This organization may store ${quota} bytes. Delete what it no longer needs.`
    })
  }
}

/**
 * Files with such a content are not taken; `contentType` is what it is found to be.
 *
 * @category errors
 * @since 0.1.0
 */
export class FileTypeRefused extends HttpApiError.Problem<FileTypeRefused>()("FileTypeRefused", {
  type: typeUri("file-type-refused"),
  status: 415,
  title: titles.messages["file-type-refused"].en
}, { contentType: Schema.String }) {
  /** A `FileTypeRefused` with a detail sentence. */
  static of(contentType: string): FileTypeRefused {
    return new FileTypeRefused({ contentType, detail: `The content is ${contentType}, which is not taken.` })
  }
}

/**
 * The scanner found something in the content.
 *
 * @category errors
 * @since 0.1.0
 */
export class FileInfected extends HttpApiError.Problem<FileInfected>()("FileInfected", {
  type: typeUri("file-infected"),
  status: 422,
  title: titles.messages["file-infected"].en
}, { signature: Schema.String }) {
  /** A `FileInfected` with a detail sentence. */
  static of(signature: string): FileInfected {
    return new FileInfected({ signature, detail: `The virus scanner found ${signature}. Nothing was stored.` })
  }
}

/**
 * The request asks for bytes that the file does not have.
 *
 * @category errors
 * @since 0.1.0
 */
export class RangeNotSatisfiable extends HttpApiError.Problem<RangeNotSatisfiable>()("RangeNotSatisfiable", {
  type: typeUri("range-not-satisfiable"),
  status: 416,
  title: titles.messages["range-not-satisfiable"].en
}, { size: Schema.Int }) {
  /** A `RangeNotSatisfiable` with a detail sentence. */
  static of(size: number): RangeNotSatisfiable {
    return new RangeNotSatisfiable({ size, detail: `The file has ${size} bytes.` })
  }
}
