/**
 * What WAHA's events say of a session: its state, and WhatsApp's restrictions of its number.
 *
 * @since 0.1.0
 */
import { Option } from "effect"
import * as WahaEvent from "../WahaEvent.ts"
import { timestampOf } from "./place.ts"
import type { Events, Incoming } from "./place.ts"

const sessionState = (status: string) => {
  switch (status) {
    case "STARTING":
      return "connecting"
    case "WORKING":
      return "connected"
    case "SCAN_QR_CODE":
    case "PASSKEY_REQUIRED":
    case "PASSKEY_CONFIRMATION_REQUIRED":
      return "needs_action"
    case "STOPPED":
      return "disconnected"
    case "FAILED":
      return "failed"
    default:
      return undefined
  }
}

const untilOf = (seconds: number | undefined) => {
  const until = WahaEvent.toMillis(seconds)
  return until === undefined ? {} : { until }
}

const accountSignals = (
  { me, payload, sentAt }: Incoming,
  data: Pick<WahaEvent.Me, "reachoutTimelock" | "messageCapping"> | undefined
): Events => {
  const shared = { _tag: "AccountChanged" as const, raw: payload, ...timestampOf(sentAt) }
  const timelock = data?.reachoutTimelock ?? me?.reachoutTimelock
  const capping = data?.messageCapping ?? me?.messageCapping
  return [
    ...(timelock?.isActive === true
      ? [{
        ...shared,
        kind: "reachout_timelock",
        state: "needs_action" as const,
        detail: timelock.enforcementType ?? "active",
        ...untilOf(timelock.timeEnforcementEnds)
      }]
      : []),
    ...(capping?.cappingStatus !== undefined && capping.cappingStatus !== "NONE"
      ? [{
        ...shared,
        kind: "message_capping",
        // Warnings hold nothing back.
        ...(capping.cappingStatus === "CAPPED"
          ? { state: "needs_action" as const, ...untilOf(capping.cycleEnd) }
          : {}),
        detail: `${capping.cappingStatus} ${capping.usedQuota ?? "?"}/${capping.totalQuota ?? "?"}`
      }]
      : [])
  ]
}

export const onSessionStatus = (incoming: Incoming): Events => {
  const session = Option.getOrUndefined(WahaEvent.decodeSessionStatus(incoming.payload))
  const status = session?.status
  const state = status === undefined ? undefined : sessionState(status)
  const since = session?.statuses?.findLast((point) => point.status === status)?.timestamp
  return [
    {
      _tag: "AccountChanged",
      kind: incoming.event,
      raw: incoming.payload,
      ...(state === undefined ? {} : { state }),
      ...(status === undefined ? {} : { detail: status }),
      ...timestampOf(incoming.sentAt ?? WahaEvent.toMillis(since))
    },
    ...accountSignals(incoming, session?.data)
  ]
}
