/**
 * The emulated groups of numbers: what changes is told by webhook, as the platform does.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/groups
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Emulator from "../Emulator.ts"
import type { CloudAccount } from "./CloudAccount.ts"
import type { CloudCore } from "./CloudCore.ts"
import { paged, read, success } from "./CloudHttp.ts"
import type { CloudHttp, Handler, Route } from "./CloudHttp.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Requests from "./CloudRequests.ts"
import * as Failure from "./GraphFailure.ts"

/** People in a group, besides the business. */
const most = 8

interface EmulatedGroup {
  readonly id: string
  readonly account: string
  readonly subject: string
  readonly description: string
  readonly approval: "approval_required" | "auto_approve"
  readonly members: ReadonlyArray<string>
  readonly joins: ReadonlyArray<{ readonly id: string; readonly user: string; readonly at: number }>
  readonly createdAt: number
  readonly invite: string
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (core: CloudCore, { accountWith, authorized, jsonBody, missing, path }: CloudHttp) => {
  const groups = new Map<string, EmulatedGroup>()
  const number = accountWith("whatsapp_business_messaging")

  const tell = Effect.fnUntraced(function*(
    account: CloudAccount,
    field: string,
    group: EmulatedGroup,
    news: Readonly<Record<string, unknown>>
  ) {
    const requestId = core.newId("group-request")
    yield* core.emit(account.id, {
      field,
      key: "groups",
      element: {
        timestamp: String(Math.floor((yield* Clock.currentTimeMillis) / 1000)),
        group_id: group.id,
        request_id: requestId,
        ...news
      }
    })
    return requestId
  })

  const tellJoined = (account: CloudAccount, group: EmulatedGroup, users: ReadonlyArray<string>) =>
    Effect.asVoid(tell(account, "group_participants_update", group, {
      type: "group_participants_add",
      reason: "invite_link",
      added_participants: users.map((user) => ({ wa_id: user }))
    }))

  const own: Effect.Effect<
    { readonly account: CloudAccount; readonly group: EmulatedGroup },
    GraphFailure,
    Effect.Services<typeof path> | HttpServerRequest.HttpServerRequest
  > = Effect.gen(function*() {
    const id = yield* path
    const group = groups.get(id)
    const owner = group === undefined ? undefined : core.account(group.account)
    if (group === undefined || owner === undefined) return yield* Effect.fail(missing(id))
    return { account: yield* authorized([owner], "whatsapp_business_messaging"), group }
  })

  const create: Handler = Effect.gen(function*() {
    const account = yield* number
    const wanted = yield* read(Requests.GroupCreation, yield* jsonBody)
    const group: EmulatedGroup = {
      id: core.newId("group"),
      account: account.id,
      subject: wanted.subject,
      description: wanted.description ?? "",
      approval: wanted.join_approval_mode ?? "auto_approve",
      members: [],
      joins: [],
      createdAt: yield* Clock.currentTimeMillis,
      invite: core.newId("invite")
    }
    groups.set(group.id, group)
    const requestId = yield* tell(account, "group_lifecycle_update", group, {
      type: "group_create",
      subject: group.subject,
      ...(group.description === "" ? undefined : { description: group.description }),
      invite_link: `https://chat.whatsapp.com/${group.invite}`
    })
    return HttpServerResponse.jsonUnsafe({ messaging_product: "whatsapp", request_id: requestId })
  })

  const list: Handler = Effect.gen(function*() {
    const account = yield* number
    const { after, limit } = yield* HttpServerRequest.ParsedSearchParams
    const all = Array.from(groups.values()).filter((group) => group.account === account.id)
    const start = Number(after ?? 0)
    const page = all.slice(start, start + Math.max(1, Number(limit ?? 25)))
    const end = start + page.length
    return HttpServerResponse.jsonUnsafe({
      data: {
        groups: page.map(({ createdAt, id, subject }) => ({
          id,
          subject,
          created_at: String(Math.floor(createdAt / 1000))
        }))
      },
      paging: {
        cursors: { before: String(start), after: String(end) },
        ...(end < all.length ? { next: `?after=${end}` } : undefined)
      }
    })
  })

  const readOne: Handler = Effect.map(own, ({ group }) =>
    HttpServerResponse.jsonUnsafe({
      id: group.id,
      messaging_product: "whatsapp",
      subject: group.subject,
      description: group.description,
      join_approval_mode: group.approval,
      suspended: false,
      creation_timestamp: Math.floor(group.createdAt / 1000),
      participants: group.members.map((member) => ({ wa_id: member })),
      total_participant_count: group.members.length
    }))

  const change: Handler = Effect.gen(function*() {
    const { account, group } = yield* own
    const wanted = yield* read(Requests.GroupChange, yield* jsonBody)
    groups.set(group.id, {
      ...group,
      subject: wanted.subject ?? group.subject,
      description: wanted.description ?? group.description
    })
    yield* tell(account, "group_settings_update", group, {
      type: "group_settings_update",
      ...(wanted.subject === undefined
        ? undefined
        : { group_subject: { text: wanted.subject, update_successful: true } }),
      ...(wanted.description === undefined
        ? undefined
        : { group_description: { text: wanted.description, update_successful: true } })
    })
    return success
  })

  const remove: Handler = Effect.gen(function*() {
    const { account, group } = yield* own
    groups.delete(group.id)
    yield* tell(account, "group_lifecycle_update", group, { type: "group_delete" })
    return success
  })

  const members = (action: "add" | "remove"): Handler =>
    Effect.gen(function*() {
      const { account, group } = yield* own
      const { participants } = yield* read(Requests.GroupMembers, yield* jsonBody)
      const users = participants.map(({ user }) => user.replace(/[^0-9A-Za-z.]/g, ""))
      const rest = group.members.filter((member) => !users.includes(member))
      const now = action === "add" ? [...rest, ...users] : rest
      if (now.length > most) {
        return yield* Effect.fail(Failure.make(131009, `A group has at most ${most} participants`))
      }
      groups.set(group.id, { ...group, members: now })
      const list = users.map((user) => ({ input: user, wa_id: user }))
      yield* tell(account, "group_participants_update", group, {
        type: `group_participants_${action}`,
        [action === "add" ? "added_participants" : "removed_participants"]: list
      })
      return success
    })

  const link: Handler = Effect.gen(function*() {
    const { group } = yield* own
    yield* read(Requests.GroupProduct, yield* jsonBody)
    return HttpServerResponse.jsonUnsafe({
      messaging_product: "whatsapp",
      invite_link: `https://chat.whatsapp.com/${group.invite}`
    })
  })

  const unlink: Handler = Effect.gen(function*() {
    const { group } = yield* own
    yield* read(Requests.GroupProduct, yield* jsonBody)
    groups.set(group.id, { ...group, invite: core.newId("invite") })
    return HttpServerResponse.jsonUnsafe({ messaging_product: "whatsapp", success: "true" })
  })

  const listJoins: Handler = Effect.gen(function*() {
    const { group } = yield* own
    return paged(group.joins, yield* HttpServerRequest.ParsedSearchParams, ({ at, id, user }) => ({
      join_request_id: id,
      wa_id: user,
      creation_timestamp: Math.floor(at / 1000)
    }))
  })

  const decideJoins = (approve: boolean): Handler =>
    Effect.gen(function*() {
      const { account, group } = yield* own
      const { join_requests: wanted } = yield* read(Requests.GroupJoins, yield* jsonBody)
      const room = most - group.members.length
      const open = group.joins.filter(({ id }) => wanted.includes(id))
      const done = approve ? open.slice(0, room) : open
      const failed = wanted.filter((id) => !done.some((one) => one.id === id)).map((id) => ({
        join_request_id: id,
        errors: [Failure.inStatus(
          open.some((one) => one.id === id)
            ? Failure.make(131009, `A group has at most ${most} participants`)
            : Failure.make(100, "There is no such open join request")
        )]
      }))
      const users = done.map(({ user }) => user)
      groups.set(group.id, {
        ...group,
        joins: group.joins.filter((one) => !done.includes(one)),
        members: approve ? [...group.members, ...users] : group.members
      })
      if (approve && users.length > 0) yield* tellJoined(account, group, users)
      return HttpServerResponse.jsonUnsafe({
        messaging_product: "whatsapp",
        [approve ? "approved_join_requests" : "rejected_join_requests"]: done.map(({ id }) => id),
        ...(failed.length === 0 ? undefined : { failed_join_requests: failed })
      })
    })

  /** Somebody follows the link of a group, or takes back that they asked. */
  const follow = Effect.fnUntraced(function*(id: string, user: string, withdraw: boolean) {
    const group = groups.get(id)
    const account = group === undefined ? undefined : core.account(group.account)
    if (group === undefined || account === undefined) {
      return yield* Effect.fail(new Emulator.InvalidControl({ reason: `There is no group "${id}"` }))
    }
    const asked = group.joins.find((one) => one.user === user)
    if (withdraw) {
      if (asked === undefined) {
        return yield* Effect.fail(new Emulator.InvalidControl({ reason: `${user} did not ask to join` }))
      }
      groups.set(id, { ...group, joins: group.joins.filter((one) => one !== asked) })
      yield* tell(account, "group_participants_update", group, {
        type: "group_join_request_revoked",
        join_request_id: asked.id,
        wa_id: user
      })
      return
    }
    if (asked !== undefined || group.members.includes(user)) return
    if (group.approval === "auto_approve") {
      groups.set(id, { ...group, members: [...group.members, user] })
      return yield* tellJoined(account, group, [user])
    }
    const join = { id: core.newId("join"), user, at: yield* Clock.currentTimeMillis }
    groups.set(id, { ...group, joins: [...group.joins, join] })
    yield* tell(account, "group_participants_update", group, {
      type: "group_join_request_created",
      join_request_id: join.id,
      wa_id: user
    })
  })

  const routes: ReadonlyArray<Route> = [
    ["POST", "/:version/:id/groups", create],
    ["GET", "/:version/:id/groups", list],
    ["POST", "/:version/:id/participants", members("add")],
    ["DELETE", "/:version/:id/participants", members("remove")],
    ["GET", "/:version/:id/join_requests", listJoins],
    ["POST", "/:version/:id/join_requests", decideJoins(true)],
    ["DELETE", "/:version/:id/join_requests", decideJoins(false)],
    ["POST", "/:version/:id/invite_link", link],
    ["DELETE", "/:version/:id/invite_link", unlink]
  ]

  return { has: (id: string) => groups.has(id), read: readOne, change, remove, follow, routes }
}
