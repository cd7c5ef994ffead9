/**
 * Numbers of countries that write one and the same number in two ways: Brazil's ninth digit, Mexico's 1 and Argentina's 9
 * after the country code. WhatsApp knows each under one of them, and says which.
 *
 * @since 0.1.0
 */
import type { Address } from "@wicara/channels/Address"
import { Clock, Effect, Option, Schema } from "effect"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import type * as WahaApi from "./WahaApi.ts"
import { lenient } from "./internal/lenient.ts"

const twofold = /^(?:55\d{10,11}|52\d{10,11}|54\d{10,11})$/

const Found = Schema.Struct({ numberExists: Schema.Boolean, chatId: lenient(Schema.String) })
const decode = Schema.decodeUnknownOption(Found)

// A number keeps its form: what was said is asked for again only so that no process remembers everybody for ever.
const day = 86_400_000
const most = 10_000
const known = new Map<string, { readonly chatId: string; readonly until: number }>()

/**
 * The chat of an address as WhatsApp writes it. `missing`: the number is not on WhatsApp. Numbers with one form, and
 * those that WAHA says nothing of, are taken as they are.
 *
 * @category calls
 * @since 0.1.0
 */
export const chatIdOf = Effect.fnUntraced(function*(address: Address, account: WahaApi.Reachable) {
  const chatId = ChatId.fromAddress(address)
  const phone = address.kind === "phone" ? chatId?.split("@")[0] : undefined
  if (chatId === undefined || phone === undefined || !twofold.test(phone)) return chatId
  const { baseUrl, session } = account.settings
  const key = `${baseUrl} ${session} ${phone}`
  const now = yield* Clock.currentTimeMillis
  const remembered = known.get(key)
  if (remembered !== undefined && remembered.until > now) return remembered.chatId
  const reply = yield* Failure.reply(account, {
    method: "GET",
    path: "/api/contacts/check-exists",
    query: { phone, session }
  })
  const found = Option.getOrUndefined(
    reply._tag === "Answered" && reply.status === 200 ? decode(reply.body) : Option.none()
  )
  if (found === undefined) return chatId
  if (!found.numberExists) return "missing" as const
  const parsed = ChatId.parse(found.chatId)
  const usual = parsed?.kind === "phone" || parsed?.kind === "lid" ? parsed.id : chatId
  if (known.size >= most) known.clear()
  known.set(key, { chatId: usual, until: now + day })
  return usual
})
