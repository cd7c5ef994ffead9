import { Effect, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ContactId } from "@wicara/contacts/Contact"
import * as Id from "@wicara/core/Id"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { MessageReacted, MessageVoted } from "../events.ts"
import { eventBase } from "./conversationRows.ts"
import { encodeOptions } from "./messageRow.ts"
import type { Transcript } from "./transcript.ts"

/** Who said something of a message, by its provider's id, and when (epoch milliseconds). */
interface Said {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  readonly targetProviderMessageId: string
  readonly reactor: ContactId | "business"
  readonly at: number
}

/** What people say of messages without writing: reactions, and votes in polls. The latest of each person counts. */
export const makeReactions = (
  sql: SqlClient.SqlClient,
  { conversations, events, messages }: Pick<Transcript, "conversations" | "events" | "messages">
) => {
  const where = (said: Said) => ({
    organization_id: Id.toBytes(said.organizationId),
    channel_account_id: Id.toBytes(said.channelAccountId),
    provider_message_id: said.targetProviderMessageId,
    reactor: said.reactor
  })

  /** Says whether it is news. */
  const keep = Effect.fnUntraced(function*(
    table: "conversations_reactions" | "conversations_votes",
    column: "emoji" | "options",
    said: Said,
    value: string | null
  ) {
    const key = where(said)
    const isIt = sql.and(Object.entries(key).map(([name, is]) => sql`${sql(name)} = ${is}`))
    const [existing] = yield* sql<{ readonly said: string | null; readonly since: unknown }>`
      SELECT ${sql(column)} AS said, reacted_at AS since FROM ${sql(table)} WHERE ${isIt}`
    if (existing !== undefined && (Number(existing.since) > said.at || existing.said === value)) return false
    yield* existing === undefined
      ? sql`INSERT INTO ${sql(table)} ${sql.insert({ ...key, [column]: value, reacted_at: said.at })}`
      : sql`UPDATE ${sql(table)} SET ${sql(column)} = ${value}, reacted_at = ${said.at} WHERE ${isIt}`
    return true
  })

  const messageOf = Effect.fnUntraced(function*(said: Said) {
    const { channelAccountId, organizationId, targetProviderMessageId } = said
    const message = Option.getOrUndefined(
      yield* messages.findByProviderId(organizationId, channelAccountId, targetProviderMessageId, false)
    )
    if (message === undefined) return undefined
    const row = Option.getOrUndefined(yield* conversations.find(organizationId, message.conversationId, false))
    return row === undefined ? undefined : { ...eventBase(row), messageId: message.id }
  })

  const by = ({ reactor }: Said) => reactor === "business" ? "business" as const : "contact" as const

  return {
    set: Effect.fnUntraced(function*(said: Said & { readonly emoji: string | null }) {
      const emoji = said.emoji === null || said.emoji === "" ? null : said.emoji.slice(0, 64)
      if (!(yield* keep("conversations_reactions", "emoji", said, emoji))) return
      const about = yield* messageOf(said)
      if (about === undefined) return
      yield* events.append(MessageReacted, {
        aggregateId: about.conversationId,
        payload: { ...about, emoji, by: by(said) }
      })
    }),

    vote: Effect.fnUntraced(function*(said: Said & { readonly options: ReadonlyArray<string> }) {
      const options = said.options.slice(0, 12).map((option) => option.slice(0, 200))
      if (!(yield* keep("conversations_votes", "options", said, encodeOptions(options)))) return
      const about = yield* messageOf(said)
      if (about === undefined) return
      yield* events.append(MessageVoted, {
        aggregateId: about.conversationId,
        payload: { ...about, options, by: by(said) }
      })
    })
  }
}
