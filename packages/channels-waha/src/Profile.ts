/**
 * What people see of a paired number.
 *
 * @since 0.1.0
 */
import type { ChannelProfile } from "@wicara/channels/ChannelProfile"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Effect, Option, Schema, Stream } from "effect"
import * as Failure from "./Failure.ts"
import { lenient } from "./internal/lenient.ts"
import type { Account, Secrets, Settings } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"

const decodeProfile = Schema.decodeUnknownEffect(
  Schema.Struct({ id: lenient(Schema.String), name: lenient(Schema.String), picture: lenient(Schema.String) })
)
const decodeAbout = Schema.decodeUnknownOption(Schema.Struct({ about: lenient(Schema.String) }))

const pathOf = ({ settings }: Account) => WahaApi.path`/api/${settings.session}/profile`

const get = Effect.fn("Waha.profile.get")(function*(account: Account) {
  const { id, name, picture } = yield* Failure.ask(account, { method: "GET", path: pathOf(account) }, decodeProfile)
  // The line about oneself is told of contacts only, of whom the number itself is one.
  const contact = id === undefined ? undefined : yield* Failure.reply(account, {
    method: "GET",
    path: "/api/contacts/about",
    query: { contactId: id, session: account.settings.session }
  })
  const about = contact?._tag === "Answered" && contact.status === 200
    ? Option.getOrUndefined(decodeAbout(contact.body))?.about
    : undefined
  return {
    ...(about === undefined || about === "" ? {} : { about }),
    ...(name === undefined ? {} : { name }),
    ...(picture === undefined ? {} : { pictureUrl: picture })
  }
})

const put = (account: Account, what: string, body: Readonly<Record<string, unknown>>) =>
  Effect.asVoid(Failure.call(account, { method: "PUT", path: `${pathOf(account)}/${what}`, body, timeout: "1 minute" }))

const changeable: ChannelProfile<Settings, Secrets>["changeable"] = new Set(["name", "about", "picture"])

const refused = ["description", "address", "email", "websites", "vertical"] as const

const update: ChannelProfile<Settings, Secrets>["update"] = Effect.fn("Waha.profile.update")(
  function*(change, account) {
    for (const field of refused) {
      if (change[field] === undefined) continue
      return yield* new ProviderFailure({
        kind: "refused",
        code: "not_supported",
        reason: `WhatsApp has no ${field} for a number that is no business account`
      })
    }
    if (change.name !== undefined) yield* put(account, "name", { name: change.name })
    if (change.about !== undefined) yield* put(account, "status", { status: change.about })
    if (change.picture === null) {
      yield* Failure.call(account, { method: "DELETE", path: `${pathOf(account)}/picture` })
    } else if (change.picture !== undefined) {
      const { content, mimeType, name } = change.picture
      const chunks = yield* Effect.mapError(
        Stream.runCollect(content),
        ({ code, reason }) => new ProviderFailure({ kind: "refused", code, reason })
      )
      const data = Buffer.concat([...chunks]).toString("base64")
      yield* put(account, "picture", { file: { mimetype: mimeType, filename: name, data } })
    }
  }
)

/**
 * The profile of a number: its name, its about line and its picture.
 *
 * @category adapters
 * @since 0.1.0
 */
export const profile: ChannelProfile<Settings, Secrets> = { changeable, get, update }
