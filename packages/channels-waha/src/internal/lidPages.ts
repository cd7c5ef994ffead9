import { Effect, Schema } from "effect"
import * as ChatId from "../ChatId.ts"
import * as Failure from "../Failure.ts"
import type { Account } from "../Waha.ts"
import * as WahaApi from "../WahaApi.ts"
import { EngineId } from "../WahaEvent.ts"
import { pageSize } from "./directoryPages.ts"
import type { ReadsPage } from "./directoryPages.ts"
import { lenient } from "./lenient.ts"

/** A hidden id and the number behind it, digits. */
export interface LidPair {
  readonly lid: string
  readonly phone: string
}

const decodePairs = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ lid: lenient(EngineId), pn: lenient(EngineId) }))
)

/** What WAHA knows of hidden ids; those whose number it does not know are left out. */
export const lidsPage = Effect.fnUntraced(function*(account: Account, offset: number): ReadsPage {
  const found = yield* Failure.ask(account, {
    method: "GET",
    path: WahaApi.path`/api/${account.settings.session}/lids`,
    query: { limit: String(pageSize), offset: String(offset) },
    timeout: "60 seconds"
  }, decodePairs)
  const pairs = found.flatMap(({ lid, pn }): ReadonlyArray<LidPair> => {
    const hidden = ChatId.parse(lid)
    const phone = ChatId.parse(pn)
    return hidden?.kind === "lid" && phone?.kind === "phone" ? [{ lid: hidden.user, phone: phone.user }] : []
  })
  return { rows: [], names: [], pairs, size: found.length, first: found[0]?.lid }
})
