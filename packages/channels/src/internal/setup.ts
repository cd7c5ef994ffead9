import { DateTime } from "effect"
import type { ChannelSetup } from "../ChannelConnection.ts"
import type { ConnectionRow } from "./connectionRows.ts"

/** What was found last, as its organization sees it. */
export const toSetup = ({ findings, inspectedAt }: ConnectionRow): ChannelSetup => ({
  findings: findings ?? [],
  inspectedAt: inspectedAt === null ? null : DateTime.makeUnsafe(inspectedAt)
})
