/**
 * The sessions of the emulated WAHA server, and the states they go through.
 *
 * @since 0.1.0
 */
import { Clock, Effect, FiberSet, Schema } from "effect"
import type { Scope } from "effect"
import * as Emulator from "../Emulator.ts"
import type { People } from "./WahaPeople.ts"
import * as Session from "./WahaSession.ts"
import type { SessionStatus, WahaSession, Webhook } from "./WahaSession.ts"
import type { WahaWebhooks } from "./WahaWebhooks.ts"

/** @category models @since 0.1.0 */
export interface Options {
  /** The server's own key, which opens every session. */
  readonly apiKey: string
  readonly startDelay: number
  readonly qrLifetimes: ReadonlyArray<number>
}

/** A key that the API made. @category models @since 0.1.0 */
export interface WahaApiKey {
  readonly id: string
  readonly key: string
  readonly isActive: boolean
  readonly isAdmin: boolean
  readonly session: string | null
  readonly actions: unknown
}

/** @category models @since 0.1.0 */
export interface WahaSessions {
  readonly get: (name: string) => WahaSession | undefined
  readonly all: () => ReadonlyArray<WahaSession>
  /** Which session a key opens: `*` for the server's own. */
  readonly scopeOf: (key: string | undefined) => string | undefined
  /** Keys that the API made, by id. */
  readonly apiKeys: Map<string, WahaApiKey>
  /** A new session, not started. */
  readonly create: (name: string, config: Session.SessionConfig) => Effect.Effect<WahaSession>
  readonly remove: (session: WahaSession) => Effect.Effect<void>
  readonly start: (session: WahaSession) => Effect.Effect<void>
  readonly stop: (session: WahaSession) => Effect.Effect<void>
  readonly logout: (session: WahaSession) => Effect.Effect<void>
  /** Puts the session into a state, and says so. */
  readonly transition: (session: WahaSession, status: SessionStatus) => Effect.Effect<void>
  readonly configure: (name: string, body: unknown) => Effect.Effect<void, Emulator.InvalidControl>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  webhooks: WahaWebhooks,
  people: People,
  { apiKey, qrLifetimes, startDelay }: Options
): Effect.fn.Return<WahaSessions, never, Scope.Scope> {
  const { emit } = webhooks
  const sessions = new Map<string, WahaSession>()
  const keys = new Map<string, string>([[apiKey, "*"]])
  const apiKeys = new Map<string, WahaApiKey>()

  const scopeOf = (key: string | undefined) => {
    if (key === undefined) return undefined
    const made = Array.from(apiKeys.values()).find((one) => one.key === key && one.isActive)
    return made === undefined ? keys.get(key) : made.isAdmin ? "*" : made.session ?? undefined
  }
  const fibers = yield* FiberSet.make()

  const dataOf = (status: SessionStatus, timelock: object | undefined) => {
    if (status === "PASSKEY_CONFIRMATION_REQUIRED") return { code: "1234" }
    return status === "WORKING" && timelock !== undefined ? { reachoutTimelock: timelock } : null
  }

  /** A restriction is told by the same state once more, and with each connection while it holds. */
  const timelockOf = ({ timelockedUntil }: WahaSession) =>
    timelockedUntil === null
      ? undefined
      : { enforcementType: "DEFAULT", isActive: true, timeEnforcementEnds: timelockedUntil }

  const transition = Effect.fnUntraced(
    function*(session: WahaSession, status: SessionStatus, timelock: object | undefined = timelockOf(session)) {
      session.generation++
      session.status = status
      session.history.push({ status, timestamp: yield* Clock.currentTimeMillis })
      if (session.history.length > 20) session.history.shift()
      yield* emit(session, "session.status", {
        name: session.name,
        status,
        statuses: [...session.history],
        data: dataOf(status, timelock)
      }, { lane: "session" })
      if (status === "WORKING") yield* Effect.forEach(session.held.splice(0), (effect) => effect, { discard: true })
    }
  )

  /** Goes on after a while, unless the session has changed since. */
  const afterwards = (session: WahaSession, millis: number, next: Effect.Effect<void>) =>
    Effect.suspend(() => {
      const { generation } = session
      return Effect.asVoid(FiberSet.run(
        fibers,
        Effect.andThen(
          Effect.sleep(millis),
          Effect.suspend(() => session.generation === generation ? next : Effect.void)
        )
      ))
    })

  const showQr = (session: WahaSession, index: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const lifetime = qrLifetimes[index]
      if (lifetime === undefined) return transition(session, "FAILED")
      return Effect.andThen(
        transition(session, "SCAN_QR_CODE"),
        afterwards(session, lifetime, showQr(session, index + 1))
      )
    })

  const start = (session: WahaSession): Effect.Effect<void> =>
    Effect.suspend(() =>
      session.status !== "STOPPED" && session.status !== "FAILED"
        ? Effect.void
        : Effect.andThen(
          Effect.andThen(
            Effect.sync(() => {
              session.hangs = false
              // WhatsApp forgets with the connection who was followed.
              session.subscriptions.clear()
            }),
            transition(session, "STARTING")
          ),
          afterwards(
            session,
            startDelay,
            Effect.suspend(() => session.paired ? transition(session, "WORKING") : showQr(session, 0))
          )
        )
    )

  const stop = (session: WahaSession) =>
    Effect.suspend(() => session.status === "STOPPED" ? Effect.void : transition(session, "STOPPED"))

  const logout = (session: WahaSession) =>
    Effect.suspend(() => {
      const running = session.status !== "STOPPED"
      session.paired = false
      return running ? Effect.andThen(transition(session, "STOPPED"), start(session)) : Effect.void
    })

  const create = Effect.fnUntraced(function*(name: string, config: Session.SessionConfig) {
    const session = Session.make(name, people.ofPhone(`1555${sessions.size}`).lid, yield* Clock.currentTimeMillis)
    session.status = "STOPPED"
    session.history = []
    session.paired = false
    session.config = config
    sessions.set(name, session)
    return session
  })

  const decodeAccount = Schema.decodeUnknownEffect(Session.AccountInput)

  const configure = Effect.fnUntraced(function*(name: string, body: unknown) {
    const input = yield* Effect.mapError(
      decodeAccount(body),
      (error) => new Emulator.InvalidControl({ reason: error.message })
    )
    const at = yield* Clock.currentTimeMillis
    const known = sessions.get(name)
    const session = known ?? Session.make(name, people.ofPhone(input.phone ?? `1555${sessions.size}`).lid, at)
    sessions.set(name, session)
    if (input.apiKey !== undefined || known === undefined) keys.set(input.apiKey ?? `key-${name}`, name)
    session.phone = input.phone ?? session.phone
    session.pushName = input.name ?? session.pushName
    session.addressing = input.addressing ?? session.addressing
    session.engine = input.engine ?? session.engine
    session.answer = input.answer ?? session.answer
    session.restricted = input.restricted ?? session.restricted
    session.hangs = input.hangs ?? session.hangs
    session.isBusiness = input.business ?? session.isBusiness
    for (const channel of input.channels ?? []) {
      session.channels.set(channel.id, { ...channel, description: "", role: "SUBSCRIBER", subscribersCount: 1 })
    }
    session.unreachable = input.unreachable === undefined ? session.unreachable : new Set(input.unreachable)
    const [current] = session.config.webhooks ?? []
    const url = input.webhookUrl === undefined ? current?.url : input.webhookUrl
    const events = input.events ?? current?.events ?? Session.defaultEvents
    const webhook: Webhook | undefined = url === undefined || url === null ? undefined : {
      ...current,
      url,
      events: input.doubled === true ? [...new Set([...events, "message", "message.any"])] : events,
      hmac: input.hmacKey === undefined ? current?.hmac ?? { key: `hmac-${name}` } : { key: input.hmacKey },
      ...(input.retries === undefined ? undefined : { retries: input.retries })
    }
    session.config = {
      ...session.config,
      webhooks: webhook === undefined ? [] : [webhook, ...(session.config.webhooks?.slice(1) ?? [])]
    }
    if (input.timelockedUntil !== undefined && input.timelockedUntil !== session.timelockedUntil) {
      session.timelockedUntil = input.timelockedUntil
      if (session.status === "WORKING") {
        const over = { enforcementType: "DEFAULT", isActive: false, timeEnforcementEnds: null }
        yield* transition(session, "WORKING", timelockOf(session) ?? over)
      }
    }
    if (input.paired !== undefined && input.paired !== session.paired) {
      session.paired = input.paired
      yield* transition(session, input.paired ? "WORKING" : "FAILED")
    }
    if (input.status !== undefined && input.status !== session.status) yield* transition(session, input.status)
  })

  return {
    get: (name) => sessions.get(name),
    all: () => Array.from(sessions.values()),
    scopeOf,
    apiKeys,
    create,
    remove: (session) => Effect.andThen(stop(session), Effect.sync(() => void sessions.delete(session.name))),
    start,
    stop,
    logout,
    transition,
    configure
  }
})
