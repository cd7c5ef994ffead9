import { Clock, Effect, Semaphore } from "effect"
import type { SqlClient } from "effect/sql"
import type { ChannelAccountId, SendLimit } from "@wicara/channels/ChannelAdapter"
import { makeLaneRows } from "./laneRows.ts"
import type { LaneKey } from "./laneRows.ts"
import type { OutboxRow } from "./outboxRows.ts"
import * as SendWindow from "./sendWindow.ts"

/** Limits over more than this are counted in the database: they outlive the process that keeps to them. */
const longest = 60_000

/** How soon to look again for what may change by itself: another process, an organization's own limit. */
const lookAgain = 1_000
const recount = 60_000

/** Between two looks at a lane that is used up: what becomes free meanwhile is claimed together. */
const pause = 10

/** How long before there is room for a message it is claimed: about what it takes to prepare it. */
const ahead = 250

/** How long before it is marked as being sent: what is marked when the process dies may have been sent. */
const lead = 40

/**
 * Limits over at most this are used evenly: what is sent at once is on its way for long, and counts for as long.
 */
const evenly = 1_000

/** How much faster than its limit a lane sends what waits, until it has caught up. */
const hurry = 0.9

/** What was not sent for this long, milliseconds, is not made up for. */
const catchUp = 30

/** The longest wait for an account that its provider calls too fast, but for what the provider asks for. */
const longestPause = 60_000

/** How long a lane that is not used is kept. */
const keepFor = 5_000

/** What an account may still take on. */
interface Lane {
  readonly key: LaneKey
  inFlight: number
  /** Claimed to be sent, and not begun. */
  waiting: number
  /** Marked as being sent, and not begun. */
  marked: number
  /** Who is prepared goes through here one after another to be marked, the first one waiting until it is time. */
  readonly porch: Semaphore.Semaphore
  /** Who is marked goes through here one after another, the first one waiting for room. */
  readonly door: Semaphore.Semaphore
  /** In flight at most: more as its provider answers well, few again as soon as it does not. */
  allowed: number
  windows: ReadonlyArray<SendWindow.SendWindow>
  /** Milliseconds from one message to the next. */
  spacing: number
  /** When the next one may be sent by that. */
  paceAt: number
  long: ReadonlyArray<SendLimit>
  /** Counted in the database already, by the time of the limit. */
  readonly granted: Map<number, number>
  /** Until when it is ours. */
  heldUntil: number
  /** Nothing of it may be claimed before. */
  notBefore: number
  /** Nothing of it may be sent before. */
  sendNotBefore: number
  /** Until when its provider called it too fast: not even what was claimed before is sent. */
  slowUntil: number
  /** How often its provider called it too fast since it last took a message. */
  tooFast: number
  usedAt: number
}

/**
 * One message's place in its account's lane.
 */
export interface Slot {
  /** Waits until there will soon be room, before the message is marked as being sent. */
  readonly prepare: Effect.Effect<void>
  /** Waits for room and takes it, right before the message is sent; or says until when nothing of the account may be. */
  readonly begin: Effect.Effect<number | undefined>
  /** The provider answered, or will never. */
  readonly end: Effect.Effect<void>
  /** Lets others pass while it is being prepared. */
  readonly stepAside: Effect.Effect<void>
  readonly outcome: (isGood: boolean) => void
  /** The account is too fast: nothing of it is sent for a while, twice as long each time. Gives when it may go on. */
  readonly slowDown: (now: number, retryAfter: number) => number
}

/**
 * The accounts that this process sends for, and how much each may.
 *
 * One process at a time sends an account's messages: it alone counts them, without asking anybody for each. Who takes a
 * lane over from a process that may just have sent something waits until that no longer counts.
 *
 * @internal
 */
export const makeSendLanes = (sql: SqlClient.SqlClient, options: {
  readonly leaseId: Uint8Array
  readonly leaseFor: number
  readonly perAccount: number
  readonly mostPerAccount: number
}) => {
  const { leaseFor, leaseId, mostPerAccount, perAccount } = options
  const rows = makeLaneRows(sql)
  const lanes = new Map<ChannelAccountId, Lane>()
  /** Whether somebody sends without end: then messages are prepared ahead, and sent evenly. */
  let isSteady = false

  const laneOf = (key: LaneKey): Lane => {
    const existing = lanes.get(key.channelAccountId)
    if (existing !== undefined) return existing
    const made: Lane = {
      key: { organizationId: key.organizationId, channelAccountId: key.channelAccountId },
      inFlight: 0,
      waiting: 0,
      marked: 0,
      porch: Semaphore.makeUnsafe(1),
      door: Semaphore.makeUnsafe(1),
      allowed: perAccount,
      windows: [],
      spacing: 0,
      paceAt: 0,
      long: [],
      granted: new Map(),
      heldUntil: 0,
      notBefore: 0,
      sendNotBefore: 0,
      slowUntil: 0,
      tooFast: 0,
      usedAt: 0
    }
    lanes.set(key.channelAccountId, made)
    return made
  }

  const keepTo = (lane: Lane, limits: ReadonlyArray<SendLimit>) => {
    const ours = limits.filter(({ scope }) => scope === "account")
    lane.long = ours.filter(({ per }) => per > longest)
    const least = new Map<number, number>()
    for (const { messages, per } of ours) {
      if (per <= longest) least.set(per, Math.min(least.get(per) ?? messages, messages))
    }
    lane.spacing = Math.max(
      0,
      ...Array.from(least, ([per, messages]) => per <= evenly ? hurry * per / Math.max(1, messages) : 0)
    )
    for (const window of lane.windows) {
      const messages = least.get(window.per)
      // A limit that is gone still counts what was sent under it, in case it returns.
      window.messages = messages ?? Number.POSITIVE_INFINITY
      least.delete(window.per)
    }
    if (least.size > 0) {
      lane.windows = [...lane.windows, ...Array.from(least, ([per, messages]) => SendWindow.make(per, messages))]
    }
  }

  /** How many more may be claimed: for each there will soon be room. */
  const room = (lane: Lane, now: number): number =>
    now < lane.sendNotBefore
      ? 0
      : Math.min(
        Number.POSITIVE_INFINITY,
        ...lane.windows.map((window) => window.room(now, isSteady ? now + ahead : now) - lane.waiting)
      )

  /** Makes sure that the lane is ours for long enough. */
  const hold = Effect.fnUntraced(function*(lane: Lane, now: number) {
    if (lane.heldUntil - now >= leaseFor / 2) return true
    const taken = yield* rows.take(lane.key, leaseId, now, now + leaseFor)
    if (taken === "elsewhere") {
      lane.heldUntil = 0
      lane.notBefore = now + lookAgain
      return false
    }
    lane.heldUntil = now + leaseFor
    if (taken === "unsettled") {
      lane.sendNotBefore = Math.max(lane.sendNotBefore, now + Math.max(0, ...lane.windows.map(({ per }) => per)))
    }
    return true
  })

  /** Counts some messages of the limits over a long time; without any left, nothing is sent. */
  const count = Effect.fnUntraced(function*(lane: Lane, now: number) {
    for (const limit of lane.long) {
      if ((lane.granted.get(limit.per) ?? 0) > 0) continue
      const wanted = Math.min(Math.max(1, Math.ceil(limit.messages / 50)), 200)
      const { again, granted } = yield* rows.grant(lane.key, limit, wanted, now)
      lane.granted.set(limit.per, granted)
      if (granted === 0) lane.sendNotBefore = Math.max(lane.sendNotBefore, Math.min(again, now + recount))
    }
  })

  const spend = (lane: Lane, by: 1 | -1) => {
    for (const { per } of lane.long) lane.granted.set(per, (lane.granted.get(per) ?? 0) - by)
  }

  const hasGrants = (lane: Lane) => lane.long.every(({ per }) => (lane.granted.get(per) ?? 0) > 0)

  /** Of what is due of one account, what may be begun now. */
  const admit = Effect.fnUntraced(function*(
    due: readonly [OutboxRow, ...Array<OutboxRow>],
    limits: ReadonlyArray<SendLimit>
  ) {
    const now = yield* Clock.currentTimeMillis
    const lane = laneOf(due[0])
    keepTo(lane, limits)
    if (now < lane.notBefore || !(yield* hold(lane, now))) return []
    lane.usedAt = now
    const admitted: Array<OutboxRow> = []
    for (const row of due) {
      if (lane.inFlight >= lane.allowed) break
      if (row.state === "queued") {
        if (room(lane, now) <= 0) continue
        if (!hasGrants(lane)) yield* count(lane, now)
        if (!hasGrants(lane)) continue
        spend(lane, 1)
        lane.waiting++
      }
      lane.inFlight++
      admitted.push(row)
    }
    return admitted
  })

  /** Takes back what was admitted and could not be claimed. */
  const dismiss = (row: OutboxRow) => {
    const lane = laneOf(row)
    lane.inFlight--
    if (row.state !== "queued") return
    lane.waiting--
    spend(lane, -1)
  }

  const leave = (row: OutboxRow) => {
    laneOf(row).inFlight--
  }

  const slotOf = (row: OutboxRow): Slot => {
    const lane = laneOf(row)
    let state: "waiting" | "aside" | "begun" | "ended" = row.state === "queued" ? "waiting" : "aside"
    let begun: ReadonlyArray<SendWindow.SendWindow> = []
    let isMarked = false
    const unmark = () => {
      if (isMarked) lane.marked--
      isMarked = false
    }
    /** Until it may be claimed, if it is not. */
    const join: Effect.Effect<void> = Effect.suspend(() => {
      if (state !== "aside") return Effect.void
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (room(lane, now) <= 0) return Effect.andThen(Effect.sleep(Math.max(pause, roomIn(lane, now))), join)
        lane.waiting++
        state = "waiting"
        return Effect.void
      })
    })
    const approach: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const soon = isSteady ? now + lead : now
      const paced = isSteady ? lane.paceAt + lane.marked * lane.spacing : 0
      const isNear = paced <= soon && lane.windows.every((window) => window.room(now, soon) > lane.marked)
      if (!isNear) return Effect.andThen(Effect.sleep(pause / 2), approach)
      lane.marked++
      isMarked = true
      return Effect.void
    })
    const prepare = Effect.andThen(
      join,
      Effect.suspend(() => state === "waiting" ? lane.porch.withPermits(1)(approach) : Effect.void)
    )
    const enter: Effect.Effect<number | undefined> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now < lane.slowUntil) return Effect.succeed(lane.slowUntil)
      const at = Math.max(isSteady ? Math.floor(lane.paceAt) : 0, ...lane.windows.map((window) => window.roomAt(now)))
      // Those on their way may end at any time.
      if (at > now) return Effect.andThen(Effect.sleep(Math.min(at - now, pause)), enter)
      if (state === "waiting") lane.waiting--
      unmark()
      state = "begun"
      begun = lane.windows
      for (const window of begun) window.begin()
      lane.paceAt = Math.max(lane.paceAt, now - catchUp) + lane.spacing
      return Effect.undefined
    })
    const begin = Effect.suspend(() =>
      state === "begun" || state === "ended" ? Effect.undefined : lane.door.withPermits(1)(enter)
    )
    return {
      prepare,
      begin,
      stepAside: Effect.sync(() => {
        if (state !== "waiting") return
        state = "aside"
        lane.waiting--
      }),
      end: Effect.map(Clock.currentTimeMillis, (now) => {
        unmark()
        if (state === "begun") { for (const window of begun) window.end(now) }
        if (state === "waiting") lane.waiting--
        // What is asked about was counted when it was sent.
        if ((state === "waiting" || state === "aside") && row.state === "queued") spend(lane, -1)
        state = "ended"
      }),
      outcome: (isGood) => {
        lane.allowed = isGood ? Math.min(lane.allowed + 1, Math.max(mostPerAccount, perAccount)) : perAccount
        if (isGood) lane.tooFast = 0
      },
      slowDown: (now, retryAfter) => {
        // What was under way with the first one tells nothing new.
        if (now >= lane.sendNotBefore) {
          const longer = Math.min(retryAfter * 2 ** lane.tooFast, longestPause)
          lane.sendNotBefore = lane.slowUntil = now + Math.max(retryAfter, longer)
          lane.tooFast++
        }
        return lane.sendNotBefore
      }
    }
  }

  /** How long until something more may be claimed, milliseconds; a second if that is not known. */
  const roomIn = (lane: Lane, now: number): number => {
    const places = lane.waiting + 1
    const at = Math.max(
      lane.sendNotBefore,
      ...lane.windows.map((window) => window.roomAt(now, places) - (isSteady ? ahead : 0))
    )
    return Number.isFinite(at) ? Math.max(0, at - now) : lookAgain
  }

  /** That it was too fast counts a while longer than it waits for it. */
  const rememberedUntil = (lane: Lane): number =>
    Math.max(lane.notBefore, lane.tooFast > 0 ? lane.sendNotBefore + longestPause : 0)

  const isIdle = (lane: Lane, now: number) => lane.inFlight === 0 && lane.windows.every((window) => window.isEmpty(now))

  return {
    /** For as long as the effect lasts somebody sends without end. */
    steadily: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.suspend(() => {
        isSteady = true
        return Effect.ensuring(
          effect,
          Effect.sync(() => {
            isSteady = false
          })
        )
      }),
    admit,
    dismiss,
    leave,
    slotOf,
    paidUntil: rows.paidUntil,
    setPaidUntil: rows.setPaidUntil,
    purgePairs: rows.purgePairs,
    releaseLeases: rows.releaseLeases,

    /** The accounts of which nothing, or nothing to be sent, can be claimed now. */
    except: (now: number) => {
      const full: Array<ChannelAccountId> = []
      const limited: Array<ChannelAccountId> = []
      for (const [id, lane] of lanes) {
        if (lane.inFlight >= lane.allowed || now < lane.notBefore) full.push(id)
        else if (room(lane, now) <= 0) limited.push(id)
      }
      return { full, limited }
    },

    /** How many more messages fit through the accounts that are known, as far as that is known. */
    free: (now: number): number =>
      Array.from(lanes.values()).reduce(
        (sum, lane) => sum + Math.max(0, Math.min(lane.allowed - lane.inFlight, room(lane, now))),
        0
      ),

    /** How long until a lane that was used up may be used again; nothing while none is. */
    freeIn: (now: number): ReadonlyArray<number> =>
      [...lanes.values()].flatMap((lane) => {
        const wait = Math.max(lane.notBefore - now, room(lane, now) > 0 ? 0 : roomIn(lane, now))
        return wait > 0 ? [Math.max(wait, pause)] : []
      }),

    /** Keeps lanes that are in use and gives back those that are not. */
    tend: Effect.fnUntraced(function*(now: number) {
      const unused: Array<Lane> = []
      for (const lane of lanes.values()) {
        if (lane.inFlight > 0 && lane.heldUntil > 0) yield* hold(lane, now)
        else if (isIdle(lane, now) && now - lane.usedAt > keepFor && now >= rememberedUntil(lane)) unused.push(lane)
      }
      for (const lane of unused) lanes.delete(lane.key.channelAccountId)
      yield* rows.giveBack(unused.filter(({ heldUntil }) => heldUntil > now).map(({ key }) => key), leaseId, true)
    }),

    /** Gives every lane back; what was sent through it just now still counts for who takes it. */
    leaveAll: Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const held = [...lanes.values()].filter(({ heldUntil }) => heldUntil > now)
      for (const isSettled of [true, false]) {
        yield* rows.giveBack(
          held.filter((lane) => isIdle(lane, now) === isSettled).map(({ key }) => key),
          leaseId,
          isSettled
        )
      }
      for (const lane of held) lane.heldUntil = 0
    })
  }
}

/** @internal */
export type SendLanes = ReturnType<typeof makeSendLanes>
