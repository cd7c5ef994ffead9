/**
 * What conversations hear of others: a team that is no more leaves its conversations to nobody in particular, and contacts
 * that turn out to be one have one conversation.
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as CoreEvents from "@wicara/core/CoreEvents"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { rowLimit, transaction, varying } from "@wicara/core/Sql"
import type { Signals } from "@wicara/core/Signals"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { TeamId } from "@wicara/core/Scope"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ContactId } from "@wicara/contacts/Contact"
import type { Contacts } from "@wicara/contacts/Contacts"
import { ContactMerged, ContactUnmerged } from "@wicara/contacts/events"
import type { Audit } from "@wicara/core/Audit"
import type { ConversationId } from "./Conversation.ts"
import * as ConversationJoins from "./ConversationJoins.ts"
import { ConversationTeamChanged } from "./events.ts"

interface Row {
  readonly id: Uint8Array
  readonly contact_id: Uint8Array
  readonly channel_account_id: Uint8Array
}

const batch = 200

/**
 * Takes the conversations of a team out of it, and tells so.
 *
 * @category running
 * @since 0.1.0
 */
export const leaveTeam = Effect.fn("ConversationConsumers.leaveTeam")(
  function*(organizationId: OrganizationId, teamId: TeamId) {
    const sql = yield* SqlClient.SqlClient
    const events = yield* Events.Events
    const some = Effect.gen(function*() {
      const rows = yield* sql<Row>`SELECT id, contact_id, channel_account_id FROM conversations_conversations
        WHERE organization_id = ${Id.toBytes(organizationId)} AND team_id = ${Id.toBytes(teamId)}
        LIMIT ${rowLimit(sql, batch)}`
      if (rows.length === 0) return 0
      yield* varying(
        sql,
        sql`UPDATE conversations_conversations SET team_id = NULL
          WHERE organization_id = ${Id.toBytes(organizationId)} AND ${sql.in("id", rows.map(({ id }) => id))}
            AND team_id = ${Id.toBytes(teamId)}`
      )
      yield* events.appendAll(
        ConversationTeamChanged,
        rows.map((row) => {
          const conversationId = Id.fromBytes<ConversationId>(row.id)
          return {
            aggregateId: conversationId,
            payload: {
              conversationId,
              contactId: Id.fromBytes<ContactId>(row.contact_id),
              channelAccountId: Id.fromBytes<ChannelAccountId>(row.channel_account_id),
              teamId: null,
              previous: teamId
            }
          }
        })
      )
      return rows.length
    })
    while ((yield* Effect.orDie(transaction(sql, some))) === batch) yield* Effect.yieldNow
  }
)

/**
 * The consumers, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Events.Events | SqlClient.SqlClient | Contacts | Signals | Audit
> = Layer.mergeAll(
  EventConsumers.consume({
    name: "conversations.teams",
    types: [CoreEvents.teamChanged.type],
    handle: Effect.fnUntraced(function*(event) {
      const { change, teamId } = yield* Events.payload(CoreEvents.teamChanged, event)
      if (change !== "removed") return
      yield* Effect.provideService(leaveTeam(event.organizationId, teamId), CurrentOrganization, {
        id: event.organizationId
      })
    })
  }),
  EventConsumers.consume({
    name: "conversations.merges",
    types: [ContactMerged.type, ContactUnmerged.type],
    handle: Effect.fnUntraced(function*(event) {
      const { join, separate } = yield* ConversationJoins.make
      const effect = event.type === ContactMerged.type
        ? Effect.flatMap(Events.payload(ContactMerged, event), ({ contactId, mergeId }) => join(mergeId, contactId))
        : Effect.flatMap(Events.payload(ContactUnmerged, event), ({ mergeId }) => separate(mergeId))
      yield* effect.pipe(
        Effect.provideService(CurrentOrganization, { id: event.organizationId }),
        Effect.provideService(CurrentActor, systemActor("merges"))
      )
    })
  })
)
