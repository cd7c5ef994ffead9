import { Clock, Effect, Result } from "effect"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { Contacts } from "@wicara/contacts/Contacts"
import { Standing } from "@wicara/core/Standing"
import * as CanSend from "../CanSend.ts"
import type { Purpose, Verdict } from "../CanSend.ts"
import { OutboundTemplates } from "../OutboundTemplates.ts"
import type { ConversationRow } from "./conversationRows.ts"

const removed: Verdict = { _tag: "AccountDown", state: "removed" }
const unavailable: Verdict = { _tag: "AccountDown", state: "unavailable" }

/** Decides whether content may be sent in a conversation now, and what it would be once the account is connected. */
export const makeSendDecision = Effect.gen(function*() {
  const contacts = yield* Contacts
  const accounts = yield* ChannelAccounts
  const standing = yield* Standing
  const templates = yield* OutboundTemplates

  return Effect.fnUntraced(function*(
    row: ConversationRow,
    asked: OutboundContent,
    purpose: Purpose
  ) {
    const resolved = yield* Effect.result(accounts.resolve(row.channelAccountId))
    if (Result.isFailure(resolved)) {
      const verdict = resolved.failure._tag === "NotFound" ? removed : unavailable
      return { verdict, onceConnected: verdict, account: undefined, content: asked }
    }
    const account: ResolvedAccount = resolved.success
    const template = asked.type === "template" ? yield* templates.check(asked, account) : undefined
    const content = template?._tag === "Fits" ? template.content : asked
    const snapshot = {
      organization: yield* standing.of(row.organizationId),
      content,
      purpose,
      now: yield* Clock.currentTimeMillis,
      lastInboundAt: row.lastInboundAt,
      capabilities: account.adapter.capabilities,
      optOuts: yield* contacts.optOuts(row.contactId),
      template
    }
    const verdict = CanSend.canSend({ ...snapshot, account })
    const onceConnected = CanSend.canSend({
      ...snapshot,
      account: { status: account.status, connection: "connected" }
    })
    return { verdict, onceConnected, account, content }
  })
})
