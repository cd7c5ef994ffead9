/**
 * The groups and the own profile on the emulated WAHA server. A group is told of in the words of the session's engine.
 *
 * @since 0.1.0
 */
import { Clock, DateTime, Effect } from "effect"
import type { Layer, Schema } from "effect"
import { HttpRouter } from "effect/http"
import * as Failure from "./WahaFailure.ts"
import * as Http from "./WahaHttp.ts"
import * as Requests from "./WahaRequests.ts"
import type { WahaServer } from "./WahaServer.ts"
import type { WahaGroup, WahaSession } from "./WahaSession.ts"

const { bodies } = Requests

const roles = { participant: null, admin: "admin", superadmin: "superadmin" } as const

/** The group in its engine's own form. */
const native = (session: WahaSession, group: WahaGroup): unknown => {
  const members = Array.from(group.members)
  switch (session.engine) {
    case "GOWS":
      return {
        JID: group.id,
        Name: group.subject,
        Topic: group.description,
        IsAnnounce: group.messagesAdminsOnly,
        IsLocked: group.infoAdminsOnly,
        Participants: members.map(([id, role]) => ({
          JID: id.replace("@c.us", "@s.whatsapp.net"),
          IsAdmin: role !== "participant",
          IsSuperAdmin: role === "superadmin"
        }))
      }
    case "NOWEB":
      return {
        id: group.id,
        subject: group.subject,
        desc: group.description,
        announce: group.messagesAdminsOnly,
        restrict: group.infoAdminsOnly,
        participants: members.map(([id, role]) => ({ id: id.replace("@c.us", "@s.whatsapp.net"), admin: roles[role] }))
      }
    case "WEBJS":
    case "WPP":
      return {
        id: { server: "g.us", user: group.id.split("@")[0], _serialized: group.id },
        name: group.subject,
        groupMetadata: {
          desc: group.description,
          announce: group.messagesAdminsOnly,
          restrict: group.infoAdminsOnly,
          participants: members.map(([id, role]) => ({
            id: { _serialized: id },
            isAdmin: role !== "participant",
            isSuperAdmin: role === "superadmin"
          }))
        }
      }
  }
}

const members = (group: WahaGroup) => Array.from(group.members, ([id, role]) => ({ id, role }))

/** What an engine says of a code that leads nowhere. */
const voidCode: Readonly<Record<WahaSession["engine"], string>> = {
  GOWS: "2 UNKNOWN: that group invite link is not valid",
  NOWEB: "not-acceptable",
  WEBJS: "Evaluation failed: invalid invite",
  WPP: "Evaluation failed: invalid invite"
}

/** A group as its engine shows it to those who are not in it. */
const invite = (session: WahaSession, group: WahaGroup): unknown => {
  const shared = { subject: group.subject, desc: group.description, size: group.members.size }
  switch (session.engine) {
    case "GOWS":
      return native(session, group)
    case "NOWEB":
      return { id: group.id, ...shared }
    case "WEBJS":
    case "WPP":
      return { id: { server: "g.us", user: group.id.split("@")[0], _serialized: group.id }, ...shared }
  }
}

/** The group as WAHA's events have it. */
const told = (group: WahaGroup) => ({
  id: group.id,
  subject: group.subject,
  description: group.description,
  invite: `https://chat.whatsapp.com/${group.inviteCode}`,
  membersCanAddNewMember: true,
  membersCanSendMessages: !group.messagesAdminsOnly,
  newMembersApprovalRequired: false,
  participants: members(group)
})

/**
 * `/api/{session}/groups*` and `/api/{session}/profile*`.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = (server: WahaServer): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const { chats, webhooks } = server

    const emit = Effect.fnUntraced(
      function*(session: WahaSession, event: string, payload: Readonly<Record<string, unknown>>) {
        const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1000)
        yield* webhooks.emitWhenWorking(session, event, { ...payload, timestamp, _data: {} }, { lane: "groups" })
      }
    )

    const groupOf = Effect.fnUntraced(function*(call: Http.Call) {
      const session = yield* Http.workingSession(server, call)
      const group = session.groups.get(call.params["id"] ?? "")
      return group === undefined
        ? yield* Effect.fail(Failure.nest(404, "Group not found", "Not Found"))
        : { session, group }
    })

    const on = (
      method: "GET" | "POST" | "PUT" | "DELETE",
      path: `/${string}`,
      handler: Http.Handler,
      status = 200
    ) => router.add(method, path, Http.guarded(server, status, handler))

    const withGroup = (
      act: (
        about: { readonly session: WahaSession; readonly group: WahaGroup },
        call: Http.Call
      ) => Effect.Effect<unknown, Failure.WahaFailure>
    ): Http.Handler =>
    (call) => Effect.flatMap(groupOf(call), (about) => act(about, call))

    const decodeCreate = Http.decode(bodies.group)
    yield* on(
      "POST",
      "/api/:session/groups",
      Effect.fnUntraced(function*(call) {
        const input = yield* decodeCreate(call)
        const session = yield* Http.workingSession(server, call)
        const group: WahaGroup = {
          id: `1203${chats.newMessageId().replaceAll(/\D/g, "")}@g.us`,
          subject: input.name,
          description: "",
          inviteCode: chats.newMessageId(),
          messagesAdminsOnly: false,
          infoAdminsOnly: false,
          members: new Map([
            [`${session.phone}@c.us`, "superadmin" as const],
            ...input.participants.map(({ id }) => [id, "participant" as const] as const)
          ])
        }
        session.groups.set(group.id, group)
        yield* emit(session, "group.v2.join", { group: told(group) })
        return native(session, group)
      }),
      201
    )
    yield* on("GET", "/api/:session/groups", (call) =>
      Effect.map(Http.workingSession(server, call), (session) => {
        const all = Http.page(call, Array.from(session.groups.values()))
        return session.engine === "NOWEB"
          ? Object.fromEntries(all.map((group) => [group.id, native(session, group)]))
          : all.map((group) => native(session, group))
      }))
    yield* on(
      "GET",
      "/api/:session/groups/count",
      (call) => Effect.map(Http.workingSession(server, call), ({ groups }) => ({ count: groups.size }))
    )
    /** The group that a code or a link leads to, whoever of the server's sessions is in it. */
    const invited = Effect.fnUntraced(function*(session: WahaSession, path: string, text: string) {
      const code = text.replace(/^https:\/\/chat\.whatsapp\.com\//, "")
      for (const { groups } of server.sessions.all()) {
        for (const group of groups.values()) if (group.inviteCode === code) return group
      }
      const at = DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis))
      const message = voidCode[session.engine]
      return yield* Effect.fail(Failure.exception(message, { path, engine: session.engine, at }))
    })
    yield* on(
      "GET",
      "/api/:session/groups/join-info",
      Effect.fnUntraced(function*(call) {
        const session = yield* Http.workingSession(server, call)
        const group = yield* invited(session, "/api/groups/join-info", call.query("code") ?? "")
        return invite(session, group)
      })
    )
    const decodeJoin = Http.decode(bodies.join)
    yield* on(
      "POST",
      "/api/:session/groups/join",
      Effect.fnUntraced(function*(call) {
        const { code } = yield* decodeJoin(call)
        const session = yield* Http.workingSession(server, call)
        const group = yield* invited(session, "/api/groups/join", code)
        if (session.groups.has(group.id)) return { id: group.id }
        const id = `${session.phone}@c.us`
        group.members.set(id, "participant")
        for (const other of server.sessions.all()) {
          if (!other.groups.has(group.id)) continue
          yield* emit(other, "group.v2.participants", {
            type: "join",
            group: { id: group.id },
            participants: [{ id, role: "participant" }]
          })
        }
        session.groups.set(group.id, group)
        yield* emit(session, "group.v2.join", { group: told(group) })
        return { id: group.id }
      })
    )
    yield* on(
      "POST",
      "/api/:session/groups/refresh",
      (call) =>
        Effect.map(Http.workingSession(server, call), (session) => {
          session.groupRefreshes++
          return { success: true }
        })
    )
    yield* on(
      "GET",
      "/api/:session/groups/:id/picture",
      withGroup(({ group }) => Effect.succeed({ url: group.picture ?? null }))
    )
    const decodePicture = Http.decode(bodies.picture)
    yield* on(
      "PUT",
      "/api/:session/groups/:id/picture",
      withGroup(({ group }, call) =>
        Effect.map(decodePicture(call), ({ file }) => {
          group.picture = file.url ?? `https://pps.whatsapp.test/${group.id}/${file.data?.length ?? 0}`
          return { success: true }
        })
      )
    )
    yield* on(
      "DELETE",
      "/api/:session/groups/:id/picture",
      withGroup(({ group }) =>
        Effect.sync(() => {
          group.picture = null
          return { success: true }
        })
      )
    )

    yield* on(
      "GET",
      "/api/:session/groups/:id",
      withGroup(({ group, session }) => Effect.succeed(native(session, group)))
    )
    yield* on(
      "GET",
      "/api/:session/groups/:id/participants/v2",
      withGroup(({ group }) => Effect.succeed(members(group)))
    )

    const change = <A, I>(path: string, schema: Schema.Codec<A, I>, apply: (group: WahaGroup, input: A) => void) => {
      const decode = Http.decode(schema)
      return on(
        "PUT",
        `/api/:session/groups/:id/${path}`,
        withGroup(({ group, session }, call) =>
          Effect.gen(function*() {
            apply(group, yield* decode(call))
            yield* emit(session, "group.v2.update", { group: told(group) })
            return true
          })
        )
      )
    }
    yield* change("subject", bodies.subject, (group, input) => {
      group.subject = input.subject
    })
    yield* change("description", bodies.description, (group, input) => {
      group.description = input.description
    })
    yield* change("settings/security/messages-admin-only", bodies.adminsOnly, (group, input) => {
      group.messagesAdminsOnly = input.adminsOnly
    })
    yield* change("settings/security/info-admin-only", bodies.adminsOnly, (group, input) => {
      group.infoAdminsOnly = input.adminsOnly
    })

    const decodeParticipants = Http.decode(bodies.participants)
    const participants = (path: string, type: "join" | "leave" | "promote" | "demote") =>
      on(
        "POST",
        `/api/:session/groups/:id/${path}`,
        withGroup(({ group, session }, call) =>
          Effect.gen(function*() {
            const input = yield* decodeParticipants(call)
            const role = type === "promote" ? "admin" as const : "participant" as const
            for (const { id } of input.participants) {
              if (type === "leave") group.members.delete(id)
              else group.members.set(id, role)
            }
            yield* emit(session, "group.v2.participants", {
              type,
              group: { id: group.id },
              participants: input.participants.map(({ id }) => ({ id, role: type === "leave" ? "left" : role }))
            })
            return {}
          })
        )
      )
    yield* participants("participants/add", "join")
    yield* participants("participants/remove", "leave")
    yield* participants("admin/promote", "promote")
    yield* participants("admin/demote", "demote")

    yield* on(
      "GET",
      "/api/:session/groups/:id/invite-code",
      withGroup(({ group }) => Effect.succeed(Http.text(group.inviteCode)))
    )
    yield* on(
      "POST",
      "/api/:session/groups/:id/invite-code/revoke",
      withGroup(({ group }) =>
        Effect.sync(() => {
          group.inviteCode = chats.newMessageId()
          return Http.text(group.inviteCode)
        })
      )
    )
    yield* on(
      "POST",
      "/api/:session/groups/:id/leave",
      withGroup(({ group, session }) =>
        Effect.gen(function*() {
          session.groups.delete(group.id)
          yield* emit(session, "group.v2.leave", { group: { id: group.id } })
          return undefined
        })
      )
    )

    yield* on("GET", "/api/:session/profile", (call) =>
      Effect.map(Http.workingSession(server, call), (session) => ({
        id: `${session.phone}@c.us`,
        picture: session.picture,
        name: session.pushName
      })))
    const profile = <A, I>(
      path: string,
      schema: Schema.Codec<A, I>,
      apply: (session: WahaSession, input: A) => void
    ) => {
      const decode = Http.decode(schema)
      return on("PUT", `/api/:session/profile/${path}`, (call) =>
        Effect.gen(function*() {
          const input = yield* decode(call)
          apply(yield* Http.workingSession(server, call), input)
          return { success: true }
        }))
    }
    yield* profile("name", bodies.profileName, (session, { name }) => {
      session.pushName = name
    })
    yield* profile("status", bodies.profileStatus, (session, { status }) => {
      session.about = status
    })
    yield* profile("picture", bodies.picture, (session, { file }) => {
      session.picture = file.url ?? `https://pps.whatsapp.test/${session.name}/${file.data?.length ?? 0}`
    })
    yield* on(
      "DELETE",
      "/api/:session/profile/picture",
      (call) =>
        Effect.map(Http.workingSession(server, call), (session) => {
          session.picture = null
          return { success: true }
        })
    )
  }))
