/** Of channel accounts and what their providers offer. */
import { AccountGroups } from "@wicara/channels/AccountGroups"
import { Effect } from "effect"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import * as Harness from "../harness.ts"
import type { Cases } from "./Case.ts"
import { newTemplate, wahaAccountOf } from "./things.ts"
import type { Caller } from "./things.ts"

/** A request about a WAHA account, and what else its path names. */
const ofWaha = (more: Readonly<Record<string, string>> = {}) => ({ tenant }: Caller) =>
  Effect.map(wahaAccountOf(tenant), (id) => ({ id, ...more }))

/** One about an account whose key is that of the whole server. */
const ofWahaServer = ({ tenant }: Caller) =>
  Effect.map(Harness.newWahaAccount(tenant, undefined, Harness.wahaServerKey), ({ id }) => ({ id }))

const wahaPerson = "6281234500001@c.us"

/** A group chat of a number of its own. */
const newChatGroup = Effect.fnUntraced(function*({ tenant }: Caller) {
  const { id } = yield* Harness.newCloudAccount(tenant)
  const groups = yield* AccountGroups
  yield* groups.create(id, { subject: "Neighbours", participants: [] }).pipe(Harness.within(tenant.id))
  const { data } = yield* groups.list(id, {}).pipe(Harness.within(tenant.id))
  return { id, group: data[0]?.address.value ?? "" }
}, Effect.orDie)

/** A number that got a code, and proved nothing yet. */
const unverified = Effect.fnUntraced(function*({ tenant }: Caller) {
  const { id, phoneNumberId } = yield* Harness.newCloudAccount(tenant)
  const emulator = yield* WhatsAppCloudEmulator
  yield* emulator.setAccount(phoneNumberId, {
    codeStatus: "NOT_VERIFIED",
    sentCode: { code: "123456", until: Number.MAX_SAFE_INTEGER }
  })
  return { id }
}, Effect.orDie)

export const channelCases: Cases = {
  "channelAccounts.create": {
    body: () => ({ channel: "widget", name: "Site", settings: {}, secrets: { signingKey: "k".repeat(40) } })
  },
  "whatsappManagement.register": { body: () => ({ pin: "123456" }) },
  // Once it is off, it is off.
  "whatsappManagement.deregister": { answers: [204, 409] },
  "whatsappManagement.requestCode": { path: unverified, body: () => ({ method: "SMS", language: "en_US" }) },
  "whatsappManagement.verifyCode": { path: unverified, body: () => ({ code: "123456" }) },
  "whatsappManagement.setDisplayName": { body: () => ({ name: "Nusa Net" }) },
  "whatsappManagement.setPin": { body: () => ({ pin: "123456" }) },
  "whatsappManagement.block": { body: () => ({ people: ["6281234500001"] }) },
  "whatsappManagement.unblock": { path: () => Effect.succeed({ person: "6281234500001" }) },
  "whatsappManagement.createQrCode": { body: () => ({ message: "Hello" }) },
  "whatsappManagement.updateQrCode": {
    path: () => Effect.succeed({ code: "ABCDEFGHIJKLMN" }),
    body: () => ({ message: "Hello" }),
    answers: [404]
  },
  "whatsappManagement.deleteQrCode": { path: () => Effect.succeed({ code: "ABCDEFGHIJKLMN" }), answers: [404] },
  "whatsappManagement.setStarters": { body: () => ({ welcome: true, questions: ["Prices"], commands: [] }) },
  "whatsappManagement.analytics": { query: { kind: "messages", start: "1795000000", end: "1795086400" } },
  "whatsappManagement.setCalling": { body: () => ({ enabled: true }) },
  // No call rings there, and nobody can call it.
  "whatsappManagement.rejectCall": {
    path: () => Effect.succeed({ callId: "wacid.1" }),
    body: () => ({ from: "6281234500001" }),
    answers: [422]
  },
  "whatsappManagement.endCall": { path: () => Effect.succeed({ callId: "wacid.1" }), answers: [422] },
  "whatsappManagement.callPermission": { path: () => Effect.succeed({ person: "6281234500001" }), answers: [409] },
  "whatsappManagement.deleteMedia": { path: () => Effect.succeed({ mediaId: "910000000001" }), answers: [404] },
  // No catalogue is connected there.
  "whatsappManagement.products": { path: () => Effect.succeed({ catalog: "500100" }), answers: [404] },
  "whatsappManagement.setCommerce": { body: () => ({ catalogVisible: true, cartEnabled: false }) },
  "accountGroups.create": { body: () => ({ subject: "Neighbours" }) },
  "accountGroups.get": { path: newChatGroup, related: ["id"] },
  "accountGroups.update": { path: newChatGroup, related: ["id"], body: () => ({ subject: "Others" }) },
  "accountGroups.leave": { path: newChatGroup, related: ["id"] },
  "accountGroups.changeParticipants": {
    path: newChatGroup,
    related: ["id"],
    body: () => ({ action: "add", participants: [{ kind: "phone", value: "6281234500001" }] })
  },
  "accountGroups.joinRequests": { path: newChatGroup, related: ["id"] },
  "accountGroups.decideJoinRequests": {
    path: newChatGroup,
    related: ["id"],
    body: () => ({ approve: true, requests: ["1000"] })
  },
  "accountGroups.inviteLink": { path: newChatGroup, related: ["id"] },
  "accountGroups.resetInviteLink": { path: newChatGroup, related: ["id"] },
  // The account that they are asked about is of another channel.
  "wahaPacing.get": { answers: [409] },
  "wahaPacing.release": { answers: [409] },
  "wahaActivity.requests": { path: ofWaha() },
  "wahaActivity.limits": { path: ofWaha() },
  "wahaActivity.figures": { path: ofWaha() },
  "wahaDirectory.contacts": { path: ofWaha() },
  "wahaDirectory.groups": { path: ofWaha() },
  "wahaDirectory.chatStates": { path: ofWaha() },
  "wahaDirectory.chatState": { path: ofWaha({ chatId: wahaPerson }) },
  "wahaDirectory.states": { path: ofWaha() },
  "wahaDirectory.start": { path: ofWaha() },
  "wahaManagement.checkNumber": { path: ofWaha(), body: () => ({ phone: "6281234500001" }) },
  "wahaManagement.contact": { path: ofWaha({ person: wahaPerson }) },
  "wahaManagement.nameContact": { path: ofWaha({ person: wahaPerson }), body: () => ({ firstName: "Sari" }) },
  "wahaManagement.block": { path: ofWaha({ person: wahaPerson }) },
  "wahaManagement.unblock": { path: ofWaha({ person: wahaPerson }) },
  "wahaManagement.chats": { path: ofWaha() },
  // Nobody wrote to the session.
  "wahaManagement.deleteChat": {
    path: ofWaha({ chatId: wahaPerson }),
    query: { confirm: wahaPerson },
    answers: [404]
  },
  "wahaManagement.archive": { path: ofWaha({ chatId: wahaPerson }), answers: [404] },
  "wahaManagement.unarchive": { path: ofWaha({ chatId: wahaPerson }), answers: [404] },
  "wahaManagement.markRead": { path: ofWaha({ chatId: wahaPerson }), body: () => ({ days: 1 }) },
  "wahaManagement.markUnread": { path: ofWaha({ chatId: wahaPerson }), answers: [404] },
  // Nobody calls: WhatsApp takes it, and nothing comes of it.
  "wahaManagement.rejectCall": {
    path: ofWaha({ callId: "CALL1" }),
    body: () => ({ from: wahaPerson })
  },
  "wahaManagement.labels": { path: ofWaha() },
  "wahaManagement.createLabel": { path: ofWaha(), body: () => ({ name: `Label ${Harness.unique()}` }) },
  "wahaManagement.updateLabel": {
    path: ofWaha({ labelId: "999" }),
    body: () => ({ name: "Label" }),
    answers: [404]
  },
  "wahaManagement.deleteLabel": { path: ofWaha({ labelId: "999" }), answers: [404] },
  "wahaManagement.labelledChats": { path: ofWaha({ labelId: "999" }), answers: [404] },
  "wahaManagement.chatLabels": { path: ofWaha({ chatId: wahaPerson }) },
  "wahaManagement.setChatLabels": { path: ofWaha({ chatId: wahaPerson }), body: () => ({ labelIds: [] }) },
  "wahaManagement.setPresence": { path: ofWaha(), body: () => ({ presence: "offline" }) },
  "wahaManagement.presence": { path: ofWaha({ chatId: wahaPerson }) },
  // So much of it is dangerous for a number.
  "wahaManagement.followPresence": { path: ofWaha({ chatId: wahaPerson }), answers: [204, 429] },
  // Nobody is in any group.
  "wahaGroups.invite": { path: ofWaha({ code: "NoSuchCode" }), answers: [404] },
  "wahaGroups.join": { path: ofWaha({ code: "NoSuchCode" }), answers: [404, 429] },
  "wahaGroups.refresh": { path: ofWaha(), answers: [204, 429] },
  "wahaGroups.picture": { path: ofWaha({ groupId: "120363@g.us" }), answers: [404] },
  "wahaGroups.setPicture": {
    path: ofWaha({ groupId: "120363@g.us" }),
    body: () => ({ data: Buffer.from("\x89PNG\r\n\x1a\n", "latin1").toString("base64") }),
    answers: [404]
  },
  "wahaGroups.removePicture": { path: ofWaha({ groupId: "120363@g.us" }), answers: [404] },
  "wahaOperations.channels": { path: ofWaha() },
  "wahaOperations.channel": { path: ofWaha({ channelId: "120363@newsletter" }), answers: [404] },
  // The session's engine has no browser.
  "wahaOperations.screenshot": { path: ofWaha(), answers: [409] },
  "wahaOperations.features": { path: ofWaha() },
  "wahaOperations.server": { path: ofWaha() },
  // The account's key opens its session, and no list of keys.
  "wahaOperations.keys": { path: ofWaha(), answers: [409] },
  "wahaOperations.createKey": { path: ofWahaServer, body: () => ({ isActive: true }) },
  "wahaOperations.updateKey": {
    path: ofWaha({ keyId: "key_1" }),
    body: () => ({ isActive: false }),
    answers: [409]
  },
  "wahaOperations.deleteKey": { path: ofWaha({ keyId: "key_1" }), answers: [409] },
  "channelAccounts.update": { body: () => ({ name: "Renamed" }) },
  "channelAccounts.rotate": { body: () => ({ url: true, overlapHours: 0 }) },
  "channelAccounts.updateProfile": { body: () => ({ about: "Open from nine" }) },
  "channelAccounts.setPicture": {
    body: () => ({ data: Buffer.from("\x89PNG\r\n\x1a\n", "latin1").toString("base64") })
  },
  // WhatsApp Cloud replaces pictures, and removes none.
  "channelAccounts.removePicture": { answers: [409] },
  // Its provider asks the webhook's address, at which nobody listens here.
  "channelConnections.connect": { body: () => ({ method: "credentials" }), answers: [200, 409] },
  "channelConnections.repair": { answers: [200, 409] },
  "channelConnections.restart": { answers: [200, 409] },
  "channelConnections.disconnect": { answers: [200, 409] },
  "channelConnections.qr": { answers: [404] },
  "templates.list": { query: { status: "APPROVED" } },
  "templates.create": { body: newTemplate },
  "templates.createFromLibrary": {
    body: () => ({ library: "order_confirmation_plain", name: newTemplate().name, language: "en_US" })
  },
  "templates.update": { body: () => ({ components: newTemplate().components }) },
  "templates.duplicate": { body: () => ({ language: "en" }) },
  "templates.preview": { body: () => ({ parameters: {} }) }
}
