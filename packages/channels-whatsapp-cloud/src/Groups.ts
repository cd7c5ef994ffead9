/**
 * The groups of a number: the `groups` facet of the adapter. People join a group by its link; whoever makes it is its only
 * administrator.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/groups
 * @since 0.1.0
 */
import { DateTime, Effect, Option, Schema, Stream } from "effect"
import type { Address, Identity } from "@wicara/channels/Address"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { ChannelGroups, Group, JoinRequest } from "@wicara/channels/ChannelGroups"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as GraphApi from "./GraphApi.ts"
import { failureOf } from "./internal/failureOf.ts"
import { optional } from "./internal/optional.ts"
import { idIdentity, nonEmpty, phoneIdentity } from "./internal/people.ts"

const text = Schema.optional(Schema.NullOr(Schema.String))

const Page = Schema.Struct({
  data: Schema.Struct({ groups: Schema.Array(Schema.Struct({ id: Schema.String, subject: text })) }),
  paging: GraphApi.Paging
})

const Described = Schema.Struct({
  id: Schema.String,
  subject: text,
  description: text,
  join_approval_mode: text,
  participants: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({ wa_id: text }))))
})

const Asked = Schema.Struct({
  data: Schema.Array(Schema.Struct({
    join_request_id: Schema.String,
    wa_id: text,
    user_id: text,
    creation_timestamp: Schema.optional(Schema.NullOr(Schema.Union([Schema.Number, Schema.NumberFromString])))
  })),
  paging: GraphApi.Paging
})

const ids = Schema.optional(Schema.NullOr(Schema.Array(Schema.String)))

const Decided = Schema.Struct({
  approved_join_requests: ids,
  rejected_join_requests: ids,
  failed_join_requests: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
    join_request_id: Schema.String,
    errors: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
      code: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Number]))),
      title: text,
      message: text,
      error_data: Schema.optional(Schema.NullOr(Schema.Struct({ details: text })))
    }))))
  }))))
})

const Link = Schema.Struct({ invite_link: Schema.String })

const fields = "id,subject,description,join_approval_mode,participants"
const product = { messaging_product: "whatsapp" }

/** The most that one request may name. */
const maxParticipants = 8
const maxSubject = 128

const refused = (code: string, reason: string) => new ProviderFailure({ kind: "refused", code, reason })

/**
 * The facet, over whatever says how an account calls the API.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Settings extends { readonly phoneNumberId: string }, Secrets>(
  callerOf: (account: Account<Settings, Secrets>) => GraphApi.Caller
): ChannelGroups<Settings, Secrets> => {
  type Own = Account<Settings, Secrets>

  const call = <A, I>(
    account: Own,
    schema: Schema.Codec<A, I>,
    outgoing: Parameters<typeof GraphApi.call>[2]
  ) => Effect.mapError(GraphApi.call(callerOf(account), schema, outgoing), failureOf)

  const pathOf = (group: Address, rest = "") =>
    group.kind === "group"
      ? Effect.succeed(`${encodeURIComponent(group.value)}${rest}`)
      : Effect.fail(
        new ProviderFailure({ kind: "missing", code: "unsupported_address", reason: "That is no group's address" })
      )

  const change = (account: Own, group: Address, rest: string, method: "POST" | "DELETE", body: object | undefined) =>
    Effect.flatMap(
      pathOf(group, rest),
      (path) => Effect.asVoid(call(account, Schema.Unknown, { method, path, body }))
    )

  return {
    list: (account) =>
      Stream.paginate(undefined, (after: string | undefined) =>
        Effect.map(
          call(account, Page, {
            method: "GET",
            path: `${account.settings.phoneNumberId}/groups`,
            query: { limit: "100", ...optional("after", after) }
          }),
          ({ data, paging }) =>
            [
              data.groups.map(({ id, subject }): Group => ({
                address: { kind: "group", value: id },
                subject: subject ?? ""
              })),
              Option.fromNullishOr(GraphApi.nextOf(paging))
            ] as const
        )),

    get: Effect.fn("WhatsAppCloud.groups.get")(function*(group, account) {
      const path = yield* pathOf(group)
      return toGroup(yield* call(account, Described, { method: "GET", path, query: { fields } }))
    }),

    create: Effect.fn("WhatsAppCloud.groups.create")(
      function*({ description, joinApproval, participants, subject }, account) {
        if (participants.length > 0) {
          return yield* refused(
            "not_supported",
            "People join a WhatsApp group by its invite link: make it without members"
          )
        }
        if (subject === "" || subject.length > maxSubject) {
          return yield* refused("bad_subject", `A subject has 1 to ${maxSubject} characters`)
        }
        yield* call(account, Schema.Unknown, {
          method: "POST",
          path: `${account.settings.phoneNumberId}/groups`,
          body: {
            ...product,
            subject,
            ...optional("description", description),
            ...(joinApproval === undefined
              ? undefined
              : { join_approval_mode: joinApproval ? "approval_required" : "auto_approve" })
          }
        })
        return null
      }
    ),

    update: Effect.fn("WhatsAppCloud.groups.update")(function*(group, wanted, account) {
      if (wanted.announceOnly !== undefined || wanted.locked !== undefined) {
        return yield* refused("not_supported", "WhatsApp lets only a group's subject and description be changed")
      }
      yield* change(account, group, "", "POST", {
        ...product,
        ...optional("subject", wanted.subject),
        ...optional("description", wanted.description)
      })
    }),

    changeParticipants: Effect.fn("WhatsAppCloud.groups.changeParticipants")(
      function*(group, { action, participants }, account) {
        if (action === "promote" || action === "demote") {
          return yield* refused("not_supported", "Only the business is an administrator of its WhatsApp groups")
        }
        const users = yield* Effect.forEach(participants, userOf)
        if (users.length === 0 || users.length > maxParticipants) {
          return yield* refused("bad_count", `1 to ${maxParticipants} people can be named at once`)
        }
        yield* change(account, group, "/participants", action === "add" ? "POST" : "DELETE", {
          ...product,
          participants: users.map((user) => ({ user }))
        })
      }
    ),

    joinRequests: {
      list: (group, account) =>
        Stream.paginate(undefined, (after: string | undefined) =>
          Effect.map(
            Effect.flatMap(
              pathOf(group, "/join_requests"),
              (path) => call(account, Asked, { method: "GET", path, query: optional("after", after) })
            ),
            ({ data, paging }) => [data.flatMap(toJoinRequest), Option.fromNullishOr(GraphApi.nextOf(paging))] as const
          )),

      decide: Effect.fn("WhatsAppCloud.groups.joinRequests.decide")(function*(group, { approve, requests }, account) {
        const path = yield* pathOf(group, "/join_requests")
        const answer = yield* call(account, Decided, {
          method: approve ? "POST" : "DELETE",
          path,
          body: { ...product, join_requests: requests }
        })
        return {
          decided: (approve ? answer.approved_join_requests : answer.rejected_join_requests) ?? [],
          failed: (answer.failed_join_requests ?? []).map(({ errors, join_request_id: id }) => {
            const [error] = errors ?? []
            return {
              id,
              code: String(error?.code ?? "unknown"),
              reason: error?.error_data?.details ?? error?.message ?? error?.title ?? ""
            }
          })
        }
      })
    },

    inviteLink: Effect.fn("WhatsAppCloud.groups.inviteLink")(function*(group, { reset }, account) {
      if (reset) yield* change(account, group, "/invite_link", "DELETE", product)
      const path = yield* pathOf(group, "/invite_link")
      return (yield* call(account, Link, { method: "POST", path, body: product })).invite_link
    }),

    // The business is the group's only administrator: without it there is no group.
    leave: (group, account) => change(account, group, "", "DELETE", undefined)
  }
}

const userOf = (identity: Identity) =>
  identity.kind === "phone" || identity.kind === "bsuid"
    ? Effect.succeed(identity.value)
    : Effect.fail(refused("unsupported_identity", `WhatsApp knows nobody by an identity of kind "${identity.kind}"`))

const toJoinRequest = (one: (typeof Asked.Type)["data"][number]): ReadonlyArray<JoinRequest> => {
  const identities = nonEmpty([
    ...phoneIdentity(one.wa_id ?? undefined),
    ...idIdentity("bsuid", one.user_id ?? undefined)
  ])
  const at = one.creation_timestamp
  return identities === undefined ? [] : [{
    id: one.join_request_id,
    identities,
    requestedAt: at == null ? null : DateTime.makeUnsafe(at * 1000)
  }]
}

const toGroup = (group: typeof Described.Type): Group => ({
  address: { kind: "group", value: group.id },
  subject: group.subject ?? "",
  ...optional("description", group.description ?? undefined),
  ...(group.participants == null ? undefined : {
    participants: group.participants.flatMap(({ wa_id: id }) => {
      const identities = nonEmpty(phoneIdentity(id ?? undefined))
      return identities === undefined ? [] : [{ identities, role: "member" as const }]
    })
  }),
  ...(group.join_approval_mode == null ? undefined : { joinApproval: group.join_approval_mode === "approval_required" })
})
