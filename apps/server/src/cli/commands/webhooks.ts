/**
 * `wicara webhooks`: where events are posted to, and what became of them.
 *
 * @since 0.1.0
 */
import { WebhookDeliveries } from "@wicara/webhooks/WebhookDeliveries"
import { WebhookDeliveryId, WebhookDeliveryState } from "@wicara/webhooks/WebhookDelivery"
import { WebhookEndpointId } from "@wicara/webhooks/WebhookEndpoint"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import * as WebhookVerifier from "@wicara/webhooks/WebhookVerifier"
import { Instant } from "@wicara/core/Instant"
import { DateTime, Effect, FileSystem, Option, Redacted, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const list = Command.make("list", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const { data } = yield* WebhookEndpoints.use((endpoints) => endpoints.list({ limit: 200 }))
      yield* Output.result(
        data,
        Output.table(
          ["ID", "URL", "EVENTS", "STATE", "FAILING SINCE"],
          data.map((one) => [
            one.id,
            one.url,
            one.events.join(" "),
            one.stateReason === null ? one.state : `${one.state} (${one.stateReason})`,
            one.failingSince === null ? "-" : DateTime.formatIso(one.failingSince)
          ])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("The webhook endpoints of an organization"))

const optionally = <A, B, E, R>(value: Option.Option<A>, read: (value: A) => Effect.Effect<B, E, R>) =>
  Option.match(value, { onNone: () => Effect.succeed(undefined), onSome: read })

const deliveries = Command.make("deliveries", {
  endpoint: Flag.String("endpoint").pipe(Flag.withDescription("Of one endpoint (its id)"), Flag.optional),
  state: Flag.String("state").pipe(
    Flag.withDescription("pending, delivered, failed or discarded"),
    Flag.optional
  ),
  limit: Flag.Int("limit").pipe(Flag.withDescription("How many, the newest first"), Flag.withDefault(50)),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const service = yield* WebhookDeliveries
      const endpointId = yield* optionally(flags.endpoint, (id) => named("--endpoint", WebhookEndpointId, id))
      const state = yield* optionally(flags.state, (state) => named("--state", WebhookDeliveryState, state))
      const page = (cursor?: string) =>
        service.list({ limit: 200, endpointId, state, ...(cursor === undefined ? undefined : { cursor }) })
      const data = yield* Stream.runCollect(
        Stream.paginate(undefined, (cursor: string | undefined) =>
          Effect.map(page(cursor), (found) =>
            [
              found.data,
              found.nextCursor === null ? Option.none() : Option.some<string | undefined>(found.nextCursor)
            ] as const)).pipe(Stream.take(flags.limit))
      )
      yield* Output.result(
        data,
        Output.table(
          ["ID", "CREATED", "TYPE", "STATE", "TRIES", "LAST"],
          data.map((one) => [
            one.id,
            DateTime.formatIso(one.createdAt),
            one.type,
            one.state,
            String(one.attempts),
            one.lastStatus === null ? one.lastError ?? "-" : String(one.lastStatus)
          ])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("What was delivered, what is on its way, and what did not arrive"))

const replay = Command.make("replay", {
  id: Argument.String("id").pipe(Argument.withDescription("A delivery; or an endpoint, with --from and --to")),
  from: Flag.String("from").pipe(Flag.withDescription("Since when: 2026-11-21T08:30:00Z"), Flag.optional),
  to: Flag.String("to").pipe(Flag.withDescription("Until when"), Flag.optional),
  all: Flag.Boolean("all").pipe(Flag.withDescription("Also what arrived")),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const service = yield* WebhookDeliveries
      if (Option.isNone(flags.from) !== Option.isNone(flags.to)) {
        return yield* Effect.fail(Output.wrongUsage("Give both --from and --to, or neither"))
      }
      if (Option.isSome(flags.from) && Option.isSome(flags.to)) {
        const endpointId = yield* named("id", WebhookEndpointId, flags.id)
        yield* service.replayRange(endpointId, {
          from: yield* named("--from", Instant, flags.from.value),
          to: yield* named("--to", Instant, flags.to.value),
          states: flags.all ? ["delivered", "failed", "discarded"] : ["failed", "discarded"]
        })
        return yield* Output.result({ endpointId }, ["A server delivers them again"])
      }
      const delivery = yield* service.replay(yield* named("id", WebhookDeliveryId, flags.id))
      yield* Output.result(delivery, [`A server delivers ${delivery.type} again`])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Deliver again"),
    Command.withExamples([{
      command: "wicara webhooks replay 019a... --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z --org acme",
      description: "All that did not arrive at an endpoint on a day"
    }])
  )

const header = (name: string) => Flag.String(name).pipe(Flag.withDescription(`The header webhook-${name}`))

const verify = Command.make("verify", {
  file: Argument.String("file").pipe(Argument.withDescription("The body as it was received, to the byte")),
  id: header("id"),
  timestamp: header("timestamp"),
  signature: header("signature"),
  secret: Flag.Redacted("secret").pipe(Flag.withDescription("What the endpoint's deliveries are signed with")),
  anyTime: Flag.Boolean("any-time").pipe(Flag.withDescription("However long ago it was sent"))
}, (flags) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const body = yield* Effect.mapError(
      fs.readFile(flags.file),
      () => Output.wrongUsage(`${flags.file} can't be read`)
    )
    const verified = yield* WebhookVerifier.verify(
      { secrets: [Redacted.make(Redacted.value(flags.secret))], ...(flags.anyTime ? { tolerance: "36500 days" } : {}) },
      {
        headers: {
          "webhook-id": flags.id,
          "webhook-timestamp": flags.timestamp,
          "webhook-signature": flags.signature
        },
        body
      }
    ).pipe(Effect.mapError(({ message }) => Output.fail(message)))
    yield* Output.result(verified, [`It is signed with this secret, and its id is ${verified.id}`])
  })).pipe(Command.withDescription("Say whether a request that was received is signed with a secret"))

/** @category commands @since 0.1.0 */
export const command = Command.make("webhooks").pipe(
  Command.withDescription("Webhooks: where events are posted to"),
  Command.withSubcommands([list, deliveries, replay, verify])
)
