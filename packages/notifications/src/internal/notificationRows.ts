import * as Id from "@wicara/core/Id"
import * as ConsoleUrl from "@wicara/core/ConsoleUrl"
import type { Voice } from "@wicara/core/MessageCatalogue"
import type { NotificationDefinition } from "@wicara/core/Notification"
import { Forbidden } from "@wicara/core/Problem"
import type { Resource } from "@wicara/core/Scope"
import { CurrentActor } from "@wicara/core/Tenancy"
import type { Holdings, UserId } from "@wicara/core/Tenancy"
import { DateTime, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { Notification } from "../Notification.ts"
import type { NotificationId } from "../Notification.ts"
import type { NotificationKinds } from "../NotificationKinds.ts"
import { mayGet } from "../NotificationRecipients.ts"

export interface NotificationRow {
  readonly id: Uint8Array
  readonly kind: string
  readonly facts: string
  readonly resource: string | null
  readonly in_app: unknown
  readonly unread: unknown
  readonly created_at: unknown
  readonly read_at: unknown
}

export const notificationColumns = (sql: SqlClient.SqlClient) =>
  sql.literal("id, kind, facts, resource, in_app, unread, created_at, read_at")

const Id_ = Schema.optionalKey(Schema.NullOr(Schema.String))
const ResourceText = Schema.fromJsonString(Schema.Struct({ teamId: Id_, channelAccountId: Id_, ownerId: Id_ }))
const decodeResource = Schema.decodeUnknownOption(ResourceText)
export const encodeResource = (resource: Resource): string =>
  Schema.encodeSync(ResourceText)({
    teamId: resource.teamId ?? null,
    channelAccountId: resource.channelAccountId ?? null,
    ownerId: resource.ownerId ?? null
  })

/** How somebody is told: in which language and whose words, and where the console is. */
export interface Telling {
  readonly voice: Voice
  readonly consoleUrl: Option.Option<string>
}

/** What a row says to somebody; none if they may not see it (any more), or nobody can read it. */
export const visible = (
  row: NotificationRow,
  kinds: NotificationKinds["Service"],
  held: Holdings,
  { consoleUrl, voice }: Telling
): Option.Option<{ readonly notification: Notification; readonly definition: NotificationDefinition }> => {
  const definition = kinds.find(row.kind)
  const resource = row.resource === null ? Option.none() : decodeResource(row.resource)
  if (Option.isNone(definition) || (row.resource !== null && Option.isNone(resource))) return Option.none()
  if (!mayGet(held, { definition: definition.value, resource: Option.getOrNull(resource) })) return Option.none()
  return Option.map(definition.value.render(row.facts, voice), ({ body, path, title }) => ({
    definition: definition.value,
    notification: new Notification({
      id: Id.fromBytes<NotificationId>(row.id),
      kind: row.kind,
      title,
      body,
      link: ConsoleUrl.page(consoleUrl, path),
      createdAt: DateTime.makeUnsafe(Number(row.created_at)),
      readAt: row.read_at === null ? null : DateTime.makeUnsafe(Number(row.read_at))
    })
  }))
}

/** The acting person: notifications are theirs, and a key is nobody. */
export const self: Effect.Effect<UserId, Forbidden, CurrentActor> = Effect.flatMap(
  CurrentActor,
  ({ actor }) =>
    actor._tag === "User"
      ? Effect.succeed(actor.id)
      : Effect.fail(
        new Forbidden({ permission: "", detail: "Notifications belong to people: sign in as one; a key is nobody." })
      )
)
