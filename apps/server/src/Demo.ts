/**
 * The demo: an invented internet provider with a bilingual knowledge base, a bot, one account on each channel, and the
 * providers' emulators in this process, so that the whole way of a message runs without any account anywhere.
 *
 * What is stored (organization, owner, key, knowledge, bot, accounts) is made on the first run and kept; the emulators
 * are new at each start, with new tokens, which the accounts then get.
 *
 * @since 0.1.0
 */
import { Bots } from "@wicara/bots/Bots"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccount } from "@wicara/channels/ChannelAccount"
import { newSigningKey } from "@wicara/channels-widget/WidgetSettings"
import type { WidgetSettings } from "@wicara/channels-widget/WidgetSettings"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Organizations } from "@wicara/core/Organizations"
import { Roles } from "@wicara/core/Roles"
import * as Seeds from "@wicara/core/Seeds"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { KnowledgeImport } from "@wicara/knowledge/KnowledgeImport"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import type { Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { fileURLToPath } from "node:url"
import { importableFiles } from "./cli/Files.ts"
import { findOrCreateUser } from "./cli/Users.ts"
import * as Root from "./Root.ts"

const organization = {
  name: "Lintas Fiber",
  slug: "lintas-fiber",
  timezone: "Asia/Jakarta",
  locale: "en"
}
const owner = "owner@lintas-fiber.example"
const phoneNumberId = "15550102030"
const businessAccountId = "15550102000"
const session = "default"
/** From `src` as from `dist`. */
const knowledgeFolder = fileURLToPath(new URL("../src/demo/knowledge/", Root.folder))

/**
 * What a person needs to sign in; made on the first run and shown once.
 *
 * @category models
 * @since 0.1.0
 */
export interface FirstRun {
  readonly email: string
  readonly password: Option.Option<Redacted.Redacted<string>>
  readonly apiKey: string
}

interface EmulatedAccount {
  readonly url: string
  readonly account: string
}

/**
 * @category services
 * @since 0.1.0
 */
export class Demo extends Context.Service<Demo, {
  readonly widgetAccount: string
  /** A widget with other settings, for the page that shows them. */
  readonly sampleAccount: string
  readonly cloud: EmulatedAccount
  readonly waha: EmulatedAccount
  readonly firstRun: Option.Option<FirstRun>
  /** Tells the emulators where to deliver webhooks: the address under which this server listens. */
  readonly connect: (baseUrl: string) => Effect.Effect<void>
}>()("@wicara/server/Demo") {
  static readonly layer = Layer.effect(Demo, Effect.suspend(() => make)).pipe(
    Layer.provide(Layer.mergeAll(WhatsAppCloudEmulator.layer(), WahaEmulator.layer()))
  )
}

const sampleName = "Website (sample of settings)"

/** Several of what a widget can be told to be, with consent that is not asked for as a condition. */
const sampleSettings: typeof WidgetSettings.Encoded & Schema.JsonObject = {
  title: { en: "Lintas Fiber for businesses", id: "Lintas Fiber untuk bisnis" },
  greeting: { en: "Hello! What can we do for your business?", id: "Halo! Apa yang bisa kami bantu untuk bisnis Anda?" },
  color: "#6d28d9",
  position: "left",
  form: {
    intro: {
      en: "Two questions, so that the right person answers.",
      id: "Dua pertanyaan, agar petugas yang tepat menjawab."
    },
    required: true,
    fields: [
      { key: "name", kind: "name", label: { en: "Your name", id: "Nama Anda" }, required: true },
      {
        key: "topic",
        kind: "choice",
        label: { en: "What is it about?", id: "Tentang apa?" },
        required: false,
        options: [
          { value: "offer", label: { en: "An offer", id: "Penawaran" } },
          { value: "bill", label: { en: "A bill", id: "Tagihan" } },
          { value: "outage", label: { en: "An outage", id: "Gangguan" } }
        ]
      }
    ],
    consent: {
      text: { en: "You may write to me about news.", id: "Anda boleh mengirimi saya kabar." },
      purpose: "marketing",
      required: false
    }
  },
  offline: {
    hours: {
      timeZone: "Asia/Jakarta",
      week: (["mon", "tue", "wed", "thu", "fri"] as const).map((day) => ({ day, from: "09:00", to: "17:00" }))
    },
    whenNobodyIsThere: false,
    message: {
      en: "Our people are here on weekdays from 9 to 17 (Jakarta). Lina answers what she can.",
      id: "Petugas kami ada pada hari kerja pukul 9–17 WIB. Lina menjawab sebisanya."
    },
    askEmail: true
  },
  greetings: [{
    id: "business-offer",
    text: { en: "Looking for a connection for your office?", id: "Mencari koneksi untuk kantor Anda?" },
    afterSeconds: 3,
    urls: ["*/demo/settings.html"]
  }],
  attachments: false
}

const token = Effect.flatMap(
  SecureRandom.SecureRandom,
  (random) => Effect.map(random.randomBytes(24), (bytes) => Buffer.from(bytes).toString("base64url"))
)

const make = Effect.gen(function*() {
  const cloud = yield* WhatsAppCloudEmulator
  const waha = yield* WahaEmulator
  const organizations = yield* Organizations
  const accounts = yield* ChannelAccounts

  const existing = yield* organizations.findBySlug(organization.slug)
  const { firstRun, id } = Option.isSome(existing)
    ? { firstRun: Option.none<FirstRun>(), id: existing.value.id }
    : yield* firstTime

  return yield* Effect.gen(function*() {
    const all = yield* accounts.list({ limit: 200 })
    /** Keeps the demo's own account of a channel, or makes it. */
    const account = Effect.fnUntraced(function*(
      channel: string,
      name: string,
      settings: Schema.JsonObject,
      secrets: Schema.JsonObject,
      keep: boolean
    ): Effect.fn.Return<ChannelAccount, unknown, CurrentOrganization | CurrentActor> {
      const found = all.data.find((one) =>
        one.channel === channel && (one.name === sampleName) === (name === sampleName)
      )
      if (found === undefined) return yield* accounts.create({ channel, name, settings, secrets })
      return keep ? found : yield* accounts.update(found.id, { settings, secrets })
    })
    const [accessToken, appSecret, verifyToken, apiKey, hmacKey] = yield* Effect.all([
      token,
      token,
      token,
      token,
      token
    ])
    // What looks after accounts asks as soon as they exist.
    const onCloud = { businessAccountId, accessToken, appSecret, verifyToken }
    const onWaha = { apiKey, hmacKey }
    yield* cloud.setAccount(phoneNumberId, onCloud)
    yield* waha.setAccount(session, onWaha)
    const cloudAccount = yield* account(
      "whatsapp_cloud",
      "WhatsApp",
      {
        phoneNumberId,
        businessAccountId,
        graphBaseUrl: cloud.url
      },
      { accessToken, appSecret, verifyToken },
      false
    )
    const wahaAccount = yield* account("waha", "WhatsApp (paired phone)", { baseUrl: waha.url, session }, {
      apiKey,
      hmacKey
    }, false)
    const widgetAccount = yield* account(
      "widget",
      "Website",
      {
        title: { en: "Lintas Fiber", id: "Lintas Fiber" },
        greeting: {
          en: "Hello! Ask me about plans, installation, bills or your connection.",
          id: "Halo! Tanyakan tentang paket, pemasangan, tagihan, atau koneksi Anda."
        }
      },
      { signingKey: Redacted.value(yield* newSigningKey) },
      true
    )

    const sampleAccount = yield* account(
      "widget",
      sampleName,
      sampleSettings,
      { signingKey: Redacted.value(yield* newSigningKey) },
      true
    )

    const bots = yield* Bots
    const knowledge = yield* KnowledgeImport
    const { files } = yield* importableFiles(knowledgeFolder)
    yield* Seeds.once(
      "demo",
      Effect.gen(function*() {
        if ((yield* bots.list({ limit: 1 })).data.length > 0) return
        yield* knowledge.importFiles(files)
        yield* bots.create({ persona: { name: "Lina", languages: ["en", "id"] } })
      })
    )

    return Demo.of({
      widgetAccount: widgetAccount.id,
      sampleAccount: sampleAccount.id,
      cloud: { url: cloud.url, account: phoneNumberId },
      waha: { url: waha.url, account: session },
      firstRun,
      connect: Effect.fn("Demo.connect")(function*(baseUrl: string) {
        yield* cloud.setAccount(phoneNumberId, { ...onCloud, webhookUrl: `${baseUrl}/v1/inbound/${cloudAccount.id}` })
        yield* waha.setAccount(session, { ...onWaha, webhookUrl: `${baseUrl}/v1/inbound/${wahaAccount.id}` })
      })
    })
  }).pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("demo"))
  )
}).pipe(Effect.orDie)

const firstTime = Effect.gen(function*() {
  const organizations = yield* Organizations
  const apiKeys = yield* ApiKeys
  const roles = yield* Roles
  const { madePassword, user } = yield* findOrCreateUser({
    email: owner,
    name: Option.some("Demo Owner"),
    password: Option.none()
  })
  const created = yield* organizations.create(organization, user.id).pipe(
    Effect.provideService(CurrentActor, systemActor("demo"))
  )
  const key = yield* apiKeys.create({ name: "Demo", scopes: [...roles.permissions("admin")] }).pipe(
    Effect.provideService(CurrentOrganization, { id: created.id }),
    Effect.provideService(CurrentActor, systemActor("demo"))
  )
  return {
    id: created.id,
    firstRun: Option.some<FirstRun>({ email: owner, password: madePassword, apiKey: key.key })
  }
})
