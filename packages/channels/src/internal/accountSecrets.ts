import { Effect, Redacted, Schema, SchemaIssue } from "effect"
import { InvalidInput } from "@wicara/core/Problem"
import type { Secrets } from "@wicara/core/Secrets"
import type { ChannelAccountId } from "../ChannelAdapter.ts"
import type { AnyChannelAdapter } from "../ChannelRegistry.ts"

const JsonObjectText = Schema.fromJsonString(Schema.JsonObject)
export const decodeObject = Schema.decodeUnknownEffect(JsonObjectText)
export const encodeObject = Schema.encodeSync(JsonObjectText)

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Points to the first value that is wrong. A secret's own text stays out of the answer. */
export const invalid = (field: string, error: Schema.SchemaError, quote: boolean): InvalidInput => {
  const first = issues(error.issue).issues[0]
  const path = (first?.path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment))
  return InvalidInput.of(
    [field, ...path].join("/"),
    quote && first !== undefined ? first.message : "This is missing or not valid."
  )
}

export const checkSecrets = (adapter: AnyChannelAdapter, value: Schema.JsonObject) =>
  Schema.decodeUnknownEffect(Schema.toCodecJson(adapter.secrets))(value).pipe(
    Effect.mapError((error) => invalid("/secrets", error, false))
  )

/** Credentials as they are stored. */
export const makeAccountSecrets = (secrets: Secrets["Service"]) => {
  const column = (id: ChannelAccountId) => ({ table: "channels_accounts", column: "secrets", id })
  const previous = (id: ChannelAccountId) => ({ table: "channels_account_rotations", column: "previous", id })
  const urlKey = (id: ChannelAccountId) => ({ table: "channels_account_rotations", column: "url_key", id })
  const opened = (location: ReturnType<typeof column>, sealed: string) =>
    Effect.map(secrets.open(location, sealed), Redacted.value)
  return {
    seal: (id: ChannelAccountId, value: Schema.JsonObject) =>
      secrets.seal(column(id), Redacted.make(encodeObject(value))),
    open: (id: ChannelAccountId, sealed: string) => Effect.flatMap(opened(column(id), sealed), decodeObject),
    sealPrevious: (id: ChannelAccountId, value: Schema.JsonObject) =>
      secrets.seal(previous(id), Redacted.make(encodeObject(value))),
    openPrevious: (id: ChannelAccountId, sealed: string) => Effect.flatMap(opened(previous(id), sealed), decodeObject),
    sealUrlKey: (id: ChannelAccountId, value: string) => secrets.seal(urlKey(id), Redacted.make(value)),
    openUrlKey: (id: ChannelAccountId, sealed: string) => opened(urlKey(id), sealed)
  }
}
