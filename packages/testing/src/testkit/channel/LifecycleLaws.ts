/**
 * Accounts are connected, looked after and let go as they say they are, and their profiles change as asked.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Effect, Exit } from "effect"
import type { HttpClient } from "effect/http"
import { inspect as asText } from "node:util"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { ChannelLifecycle, ConnectionState } from "@wicara/channels/ChannelLifecycle"
import type { Profile } from "@wicara/channels/ChannelProfile"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type { Bench, Law } from "./ChannelLaw.ts"
import { holds, law, LawBroken, strikeAll } from "./ChannelLaw.ts"
import { secretsOf } from "./DeclarationLaws.ts"

type Lifecycle = ChannelLifecycle<unknown, unknown>

const exempt = (adapter: AnyChannelAdapter) =>
  adapter.lifecycle === undefined ? "it has no life cycle of accounts" : undefined

const webhookUrl = "https://kit.example/v1/inbound/0197c6a2-5f0e-7c3d-9b61-000000000001"
const elsewhere = "https://kit.example/v1/inbound/0197c6a2-5f0e-7c3d-9b61-000000000002"

const about = (
  id: string,
  title: string,
  check: (bench: Bench, lifecycle: Lifecycle) => Effect.Effect<void, LawBroken, HttpClient.HttpClient>,
  options: { readonly exempt?: Law["exempt"]; readonly needs?: ReadonlyArray<string> } = {}
): Law =>
  law(id, title, (bench) => {
    const { lifecycle } = bench.adapter
    return lifecycle === undefined ? Effect.void : check(bench, lifecycle)
  }, { ...options, exempt: (adapter) => exempt(adapter) ?? options.exempt?.(adapter) })

/** Fails the law where the provider does not do it. */
const does = <A, R>(what: string, effect: Effect.Effect<A, ProviderFailure, R>) =>
  Effect.mapError(
    effect,
    ({ code, kind, reason }) => new LawBroken({ because: what, saw: `${kind} ${code}: ${reason}` })
  )

/** The state once the provider is no longer at work. */
const settled = Effect.fnUntraced(function*(
  lifecycle: Lifecycle,
  account: Account<unknown, unknown>,
  isDone: (state: ConnectionState) => boolean = ({ _tag }) => _tag !== "Starting"
) {
  let state = yield* does("the state is told", lifecycle.state(account))
  for (let round = 0; round < 60 && !isDone(state); round++) {
    yield* Effect.sleep(1_000)
    state = yield* does("the state is told", lifecycle.state(account))
  }
  return state
})

const state = about(
  "lifecycle.state",
  "a connected account says so, and one whose credentials are not taken wants to be authorized again",
  Effect.fnUntraced(function*({ harness }, lifecycle) {
    const works = yield* settled(lifecycle, harness.accounts[0].account)
    yield* holds(works._tag === "Connected", "a working account is connected", works)
    const expired = yield* Effect.exit(lifecycle.state(harness.expired))
    const told = Exit.isSuccess(expired)
      ? expired.value._tag === "Reauthorize"
      : expired.cause.reasons.some((reason) => Cause.isFailReason(reason) && reason.error.kind === "account")
    yield* holds(told, "expired credentials are told", expired)
  })
)

const faults = about(
  "lifecycle.faults",
  "no state is made of silence: a provider that can't be reached is asked again later",
  Effect.fnUntraced(function*(bench, lifecycle) {
    const { account } = bench.harness.accounts[0]
    for (const fault of bench.network.faults) {
      yield* strikeAll(bench, fault)
      const began = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(lifecycle.state(account))
      const took = (yield* Clock.currentTimeMillis) - began
      yield* strikeAll(bench, undefined)
      const isLater = Exit.isFailure(exit) &&
        exit.cause.reasons.every((reason) => Cause.isFailReason(reason) && reason.error.kind === "later")
      yield* holds(isLater, `${fault}: it fails, to be tried later`, exit)
      yield* holds(took <= 60_000, `${fault}: within a minute`, took)
    }
  }),
  { needs: ["lifecycle.state"] }
)

const repeated = about(
  "lifecycle.repeated",
  "connecting what is connected changes nothing",
  Effect.fnUntraced(function*({ harness }, lifecycle) {
    const { account } = harness.accounts[0]
    const [method] = lifecycle.methods
    yield* holds(method !== undefined, "there is a way to connect")
    if (method === undefined) return
    for (const round of [1, 2]) {
      yield* does("it is connected", lifecycle.connect({ method, webhookUrl, phone: "6281300000099" }, account))
      const now = yield* settled(lifecycle, account)
      yield* holds(now._tag === "Connected", `it stays connected, round ${round}`, now)
    }
  }),
  { needs: ["lifecycle.state"] }
)

const repair = about(
  "lifecycle.repair",
  "what inspect calls repairable, repair mends",
  Effect.fnUntraced(function*({ harness }, lifecycle) {
    const { account } = harness.accounts[0]
    const repairable = (url: string) =>
      Effect.map(
        does("the set-up is inspected", lifecycle.inspect(url, account)),
        (findings) => findings.filter((finding) => finding.repairable)
      )
    yield* does("it is repaired", lifecycle.repair(webhookUrl, account))
    yield* holds((yield* repairable(webhookUrl)).length === 0, "nothing is left", yield* repairable(webhookUrl))
    yield* holds((yield* repairable(elsewhere)).length > 0, "webhooks that lead elsewhere are found")
    for (const _ of [1, 2]) yield* does("it is repaired", lifecycle.repair(elsewhere, account))
    yield* holds((yield* repairable(elsewhere)).length === 0, "nothing is left", yield* repairable(elsewhere))
  })
)

const disconnect = about(
  "lifecycle.disconnect",
  "ending an account may be repeated, and leaves the other one as it is",
  Effect.fnUntraced(function*({ harness }, lifecycle) {
    const [one, two] = harness.accounts
    for (const forget of [false, false, true, true]) {
      yield* does(`it ends (forget: ${forget})`, lifecycle.disconnect({ forget }, one.account))
    }
    const other = yield* settled(lifecycle, two.account)
    yield* holds(other._tag === "Connected", "the other account is still connected", other)
  }),
  { needs: ["lifecycle.state"] }
)

const pairing = about(
  "lifecycle.pairing",
  "a QR code is shown while it lives, and scanning it connects",
  Effect.fnUntraced(function*({ harness }, lifecycle) {
    const unpaired = harness.pairing
    if (unpaired === undefined) {
      return yield* new LawBroken({ because: "the harness has an account to pair (`pairing`)", saw: "" })
    }
    const { accept, account } = unpaired
    yield* does("it begins", lifecycle.connect({ method: "qr", webhookUrl }, account))
    const first = yield* settled(lifecycle, account)
    yield* holds(first._tag === "ScanQr" && first.qr !== "", "a QR code is shown", first)
    if (first._tag === "ScanQr" && first.expiresAt !== null) {
      yield* Effect.sleep(Math.max(0, first.expiresAt - (yield* Clock.currentTimeMillis)) + 1_000)
      const next = yield* settled(lifecycle, account, (now) => now._tag === "ScanQr" && now.qr !== first.qr)
      yield* holds(next._tag === "ScanQr" && next.qr !== first.qr, "a new one follows when it has expired", next)
    }
    if (lifecycle.methods.has("code")) {
      const given = yield* does(
        "it goes on",
        lifecycle.connect({ method: "code", phone: "6281300000099", webhookUrl }, account)
      )
      // Some providers give a code once, and do not say it again.
      const code = given._tag === "EnterCode"
        ? given
        : yield* settled(lifecycle, account, ({ _tag }) => _tag === "EnterCode")
      yield* holds(code._tag === "EnterCode" && code.code !== "", "a code to type is shown", code)
    }
    yield* accept
    const connected = yield* settled(lifecycle, account, ({ _tag }) => _tag === "Connected")
    yield* holds(connected._tag === "Connected", "it is connected", connected)
  }),
  {
    needs: ["lifecycle.state"],
    exempt: ({ lifecycle }) => lifecycle?.methods.has("qr") === true ? undefined : "it shows no QR codes"
  }
)

const secrets = about(
  "lifecycle.secrets",
  "no secret is in a state, a finding or a failure",
  Effect.fnUntraced(function*(bench, lifecycle) {
    const { adapter, harness } = bench
    const said: Array<unknown> = []
    for (const account of [harness.accounts[0].account, harness.expired]) {
      const acts: ReadonlyArray<Effect.Effect<unknown, ProviderFailure, HttpClient.HttpClient>> = [
        lifecycle.state(account),
        lifecycle.inspect(elsewhere, account),
        lifecycle.repair(elsewhere, account),
        lifecycle.disconnect({ forget: false }, account)
      ]
      for (const act of acts) {
        const exit = yield* Effect.exit(act)
        said.push(Exit.isSuccess(exit) ? exit.value : [Cause.pretty(exit.cause), exit.cause.reasons])
      }
    }
    const texts = [...said.map((one) => asText(one, { depth: 12 })), ...bench.logs]
    for (const secret of [harness.accounts[0].account, harness.expired].flatMap((one) => secretsOf(adapter, one))) {
      const leak = texts.find((text) => text.includes(secret))
      yield* holds(leak === undefined, "a secret is told", leak)
    }
  })
)

const words = ["about", "description", "address", "name"] as const

const profile = law(
  "profile.change",
  "a change of the profile is seen, and what was not named stays",
  Effect.fnUntraced(function*({ adapter, harness }) {
    const facet = adapter.profile
    if (facet === undefined) return
    const { account } = harness.accounts[0]
    const before: Profile = yield* does("the profile is read", facet.get(account))
    // What can be written and never read is not seen here.
    const field = words.find((one) => facet.changeable.has(one) && before[one] !== undefined)
    if (field === undefined) return
    const change: Profile = { [field]: "Open from nine to five" }
    yield* does("it is changed", facet.update(change, account))
    const after: Profile = yield* does("the profile is read", facet.get(account))
    yield* holds(after[field] === "Open from nine to five", "the change is seen", after)
    for (const other of words.filter((one) => one !== field)) {
      yield* holds((after[other] ?? "") === (before[other] ?? ""), `${other} stays`, after)
    }
  }),
  { exempt: (adapter) => adapter.profile === undefined ? "its accounts have no profile" : undefined }
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [state, faults, repeated, repair, disconnect, pairing, secrets, profile]
