/** What stays of rows that outlive their organization. */
import { Predicate, Schema } from "effect"
import { Actor, UserId } from "../Tenancy.ts"
import type { Pseudonymise } from "../TenantData.ts"

const ActorText = Schema.fromJsonString(Actor)
const encodeActor = Schema.encodeSync(ActorText)
const decodeActor = Schema.decodeUnknownSync(ActorText)
const JsonText = Schema.fromJsonString(Schema.Json)
const encodeJson = Schema.encodeSync(JsonText)
const decodeJson = Schema.decodeUnknownSync(JsonText)

const actorWithout = (text: unknown, pseudonym: (id: string) => string): string => {
  const actor = decodeActor(text)
  return encodeActor(actor._tag === "User" ? { _tag: "User", id: UserId.make(pseudonym(actor.id)) } : actor)
}

const actorIdWithout = (text: unknown, pseudonym: (id: string) => string): string => {
  const actor = decodeActor(text)
  return actor._tag === "User" ? pseudonym(actor.id) : actor._tag === "ApiKey" ? actor.id : actor.name
}

/** It tells of nobody. */
export const keepHead: Pseudonymise = (row) => ({ hash: row["hash"] })

/** Which fields there were; what they said is gone. */
const fieldsOf = (value: Schema.Json): Schema.Json => {
  if (Array.isArray(value)) return "[erased]"
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fieldsOf(member)]))
  }
  return value === null || typeof value === "boolean" ? value : "[erased]"
}

const valueWithout = (text: unknown): string | null =>
  typeof text === "string" ? encodeJson(fieldsOf(decodeJson(text))) : null

const isRecord = (value: Schema.Json): value is Schema.JsonObject => Predicate.isObject(value)

/** Things that are people. */
const people: ReadonlySet<unknown> = new Set(["member", "user"])

export const pseudonymiseAudit: Pseudonymise = (row, pseudonym) => ({
  actor: actorWithout(row["actor"], pseudonym),
  value_before: valueWithout(row["value_before"]),
  value_after: valueWithout(row["value_after"]),
  actor_id: row["actor_id"] === null ? null : actorIdWithout(row["actor"], pseudonym),
  address: null,
  user_agent: null,
  erased: 1,
  ...(people.has(row["target_type"]) ? { target_id: pseudonym(String(row["target_id"])) } : {})
})

export const pseudonymiseDeletion: Pseudonymise = (row, pseudonym) => ({
  requested_by: actorWithout(row["requested_by"], pseudonym),
  reason: null
})

/** The row is somebody else's, and only said in which organization it happened. */
export const forgetOrganization: Pseudonymise = () => ({ organization_id: null })
