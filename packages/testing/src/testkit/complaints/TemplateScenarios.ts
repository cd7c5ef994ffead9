/**
 * What users say of message templates (complaints 17 and 18): each a scenario that a desk which sends them either stands
 * or not. They are played with the emulated WhatsApp Cloud API, whose answers they rest on.
 *
 * @since 0.1.0
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Schema } from "effect"
import type { Scope } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import type { WhatsAppCloudEmulator } from "../../WhatsAppCloudEmulator.ts"
import { holds } from "../channel/ChannelLaw.ts"
import type { LawBroken } from "../channel/ChannelLaw.ts"

/** A template as people see it. @category models @since 0.1.0 */
export interface Shown {
  readonly name: string
  /** Whether it may be sent. */
  readonly usable: boolean
}

/**
 * What keeps an account's templates and sends them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Desk {
  /** The account at the emulator: its phone number id. */
  readonly number: string
  /** Whatever the provider told, and what follows from a new account, is done. */
  readonly settle: Effect.Effect<void>
  /** Looks at the provider's list, as is done from time to time. */
  readonly look: Effect.Effect<void>
  readonly templates: Effect.Effect<ReadonlyArray<Shown>>
  /** Sends an Indonesian template with the values of its body to `customer`; whether that was allowed. */
  readonly send: (name: string, body: ReadonlyArray<string>) => Effect.Effect<boolean>
}

type Emulator = WhatsAppCloudEmulator["Service"]

/** Builds a desk with an account of its own at the emulator. @category models @since 0.1.0 */
export type MakeDesk<R = never> = (emulator: Emulator) => Effect.Effect<Desk, never, R | Scope.Scope>

/**
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  /** The number of the complaint in the list of those to beat. */
  readonly complaint: number
  /** What users say. */
  readonly title: string
  readonly play: (desk: Desk, emulator: Emulator) => Effect.Effect<void, LawBroken>
}

/** Who templates are sent to: digits. @category constants @since 0.1.0 */
export const customer = "6281234500001"

const template = (name: string, text = "Halo, pesanan Anda siap.") => ({
  name,
  language: "id",
  category: "UTILITY" as const,
  status: "APPROVED",
  components: [{ type: "BODY", text }]
})

const invoice = template("tagihan", "Halo {{1}}, tagihan {{2}} sudah terbit ya.")

const sendsOf = (emulator: Emulator, { number }: Desk) =>
  emulator.ledger.all().filter(({ account, direction }) => account === number && direction === "send")

/** It is refused before anything leaves. */
const refused = Effect.fnUntraced(function*(desk: Desk, emulator: Emulator, name: string, body: ReadonlyArray<string>) {
  const allowed = yield* desk.send(name, body)
  yield* desk.settle
  const sends = sendsOf(emulator, desk)
  yield* holds(!allowed, "it is refused when it is written", sends.map(({ outcome }) => outcome))
  yield* holds(sends.length === 0, "and nothing leaves", sends)
})

const unfit = (title: string, name: string, body: ReadonlyArray<string>): Scenario => ({
  complaint: 17,
  title,
  play: Effect.fnUntraced(function*(desk, emulator) {
    yield* emulator.setAccount(desk.number, { templates: [invoice] })
    yield* desk.settle
    yield* refused(desk, emulator, name, body)
    yield* holds(yield* desk.send("tagihan", ["Sari", "INV-7"]), "and one that fits may go")
    yield* desk.settle
    const [sent] = sendsOf(emulator, desk)
    yield* holds(sent?.outcome === "accepted", "and is taken by the provider", sent)
  })
})

/**
 * @category scenarios
 * @since 0.1.0
 */
export const all: ReadonlyArray<Scenario> = [
  unfit("a template with a value too few is sent, and refused by the provider (132000)", "tagihan", ["Sari"]),
  unfit("a template with a line break in a value is sent, and refused (132018)", "tagihan", ["Sari", "dua\nbaris"]),
  unfit("a template that is not there is sent, and refused (132001)", "tagihan_lama", []),
  {
    complaint: 18,
    title: "only the first page of the templates is there",
    play: Effect.fnUntraced(function*(desk, emulator) {
      const names = Array.from({ length: 130 }, (_, index) => `t_${String(index).padStart(3, "0")}`)
      yield* emulator.setAccount(desk.number, { templates: names.map((name) => template(name)) })
      yield* desk.settle
      const shown = yield* desk.templates
      yield* holds(shown.length === names.length, "all of them are there", shown.length)
    })
  },
  {
    complaint: 18,
    title: "a template is paused, and still offered and sent",
    play: Effect.fnUntraced(function*(desk, emulator) {
      yield* emulator.setAccount(desk.number, { templates: [template("promo")] })
      yield* desk.settle
      const before = yield* desk.templates
      yield* holds(before[0]?.usable === true, "it can be used", before)
      yield* Effect.orDie(emulator.template(desk.number, {
        name: "promo",
        language: "id",
        event: "PAUSED",
        stage: "FIRST_PAUSE"
      }))
      yield* desk.settle
      const after = yield* desk.templates
      yield* holds(after[0]?.usable === false, "it is shown as one that can't be used now", after)
      yield* refused(desk, emulator, "promo", [])
    })
  },
  {
    complaint: 18,
    title: "what changed while nobody listened is never noticed",
    play: Effect.fnUntraced(function*(desk, emulator) {
      yield* emulator.setAccount(desk.number, { templates: [template("promo"), template("lama")] })
      yield* desk.settle
      const change = (name: string, event: string) =>
        Effect.orDie(emulator.template(desk.number, { name, language: "id", event, silent: true }))
      yield* change("promo", "DISABLED")
      yield* change("lama", "DELETED")
      yield* desk.look
      yield* desk.settle
      const usable = (yield* desk.templates).filter((one) => one.usable)
      yield* holds(usable.length === 0, "a look at the provider's list finds it", usable)
    })
  }
]

const Listed = Schema.Struct({ data: Schema.Array(Schema.Struct({ name: Schema.String, status: Schema.String })) })

let numbers = 700

/**
 * The desk that is written first: reads the first page of the list, adds what it does not know, and sends what it is
 * given.
 *
 * @category constructors
 * @since 0.1.0
 */
export const naive: MakeDesk = Effect.fnUntraced(function*(emulator) {
  const number = String(++numbers)
  yield* emulator.setAccount(number, {})
  const client = yield* Effect.provide(HttpClient.HttpClient, NodeHttpClient.layerUndici)
  const known = new Map<string, Shown>()
  const call = (request: HttpClientRequest.HttpClientRequest) =>
    client.execute(HttpClientRequest.bearerToken(request, `token-${number}`))
  const look = call(HttpClientRequest.get(`${emulator.url}/v23.0/9${number}/message_templates`)).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Listed)),
    Effect.map(({ data }) => {
      for (const { name, status } of data) {
        if (!known.has(name)) known.set(name, { name, usable: status === "APPROVED" })
      }
    }),
    Effect.orDie
  )
  return {
    number,
    settle: Effect.andThen(emulator.idle, Effect.suspend(() => known.size === 0 ? look : Effect.void)),
    look,
    templates: Effect.sync(() => Array.from(known.values())),
    send: (name, body) =>
      call(HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(`${emulator.url}/v23.0/${number}/messages`), {
        messaging_product: "whatsapp",
        to: customer,
        type: "template",
        template: {
          name,
          language: { code: "id" },
          components: [{ type: "body", parameters: body.map((text) => ({ type: "text", text })) }]
        }
      })).pipe(Effect.orDie, Effect.as(true))
  }
})
