/** Of conversations, bots, knowledge, files, mail and notifications. */
import { Effect } from "effect"
import * as Harness from "../harness.ts"
import type { Cases } from "./Case.ts"
import { newHook, newNumber, newPushSubscription } from "./things.ts"

const anyTemplate = () => Effect.succeed({ kind: "digest", locale: "en" })
const anyKind = () => Effect.succeed({ kind: "conversation_assigned" })

export const serviceCases: Cases = {
  "accountMoves.get": { answers: [404] },
  // Most messages here were not sent.
  "messageActions.edit": { body: () => ({ text: "Hello!" }), answers: [200, 409] },
  "messageActions.remove": { answers: [200, 409] },
  "messageActions.forward": { fill: ["conversationId"], answers: [201, 409] },
  "messageActions.resend": { answers: [200, 409] },
  "messageActions.resendAll": { fill: ["channelAccountId"] },
  "messageActions.pin": { body: () => ({ days: 7 }), answers: [200, 409] },
  "messageActions.star": { answers: [200, 409] },
  "messageActions.react": { body: () => ({ emoji: "🙏" }), answers: [200, 409] },
  "messageActions.vote": { body: () => ({ options: ["Monday"] }), answers: [409] },
  "messageActions.takeBack": { answers: [200, 409] },
  "aiProviders.create": { body: () => ({ kind: "extractive", name: "Model", model: "", settings: {} }) },
  "aiProviders.update": { body: () => ({ name: "Renamed" }) },
  "webhooks.create": { body: newHook },
  "webhooks.update": { body: () => ({ description: "Renamed" }) },
  "webhooks.replayRange": { body: () => ({ from: "2026-01-01T00:00:00.000Z", to: "2026-01-02T00:00:00.000Z" }) },
  "webhooks.deliveries": { query: { state: "failed" } },
  "bots.create": { body: () => ({ persona: { name: "Wira", languages: ["en"] } }), fill: ["channelAccountIds.*"] },
  "bots.ask": { body: () => ({ question: "Hello?" }), fill: ["botId"] },
  "conversations.start": {
    body: () => ({ to: { kind: "phone", value: newNumber() } }),
    fill: ["channelAccountId"]
  },
  "conversations.send": { body: () => ({ content: { type: "text", text: "Hello" } }), related: ["replyTo"] },
  "conversations.takeOver": { personal: 422 },
  "widget.postMessage": { body: () => ({ id: crypto.randomUUID(), text: "Hello" }) },
  // Nobody asked the visitor about it.
  "widget.rateConversation": { answers: [404] },
  "widget.uploadFile": { raw: () => new TextEncoder().encode("A file"), query: { name: "file.txt" } },
  "files.upload": { raw: () => new TextEncoder().encode("A file"), query: { name: "file.txt" } },
  "mail.template": { path: anyTemplate },
  "mail.versions": { path: anyTemplate },
  "mail.saveTemplate": { path: anyTemplate, body: () => ({ subject: "Digest", body: "{{items}}" }) },
  "mail.resetTemplate": { path: anyTemplate },
  "mail.preview": { path: anyTemplate },
  "mail.sendTest": { path: anyTemplate, personal: 403 },
  "notifications.list": { personal: 403 },
  "notifications.unread": { personal: 403 },
  "notifications.stream": { personal: 403 },
  "notifications.get": { personal: 403 },
  "notifications.markRead": { personal: 403 },
  "notifications.markUnread": { personal: 403 },
  "notifications.markAllRead": { personal: 403 },
  "notifications.remove": { personal: 403 },
  "notifications.preferences": { personal: 403 },
  "notifications.pushSubscriptions": { personal: 403 },
  "notifications.subscribe": { body: newPushSubscription, personal: 403 },
  "notifications.unsubscribe": { personal: 403 },
  "notifications.choose": { path: anyKind, personal: 403 },
  "notifications.reset": { path: anyKind, personal: 403 },
  "notifications.chooseDigestHour": { personal: 403 },
  "files.link": { body: () => ({ expiresInSeconds: 60 }) },
  "conversations.canSend": { body: () => ({ content: { type: "text", text: "Hello" } }) },
  "knowledge.changeMany": { body: () => ({ action: "publish", filter: {} }) },
  "knowledge.import": {
    body: () => {
      const n = Harness.unique()
      return { files: [{ path: `faq-${n}.md`, content: `# Opening hours of shop ${n}\n\nFrom 9 to 5.` }] }
    }
  }
}
