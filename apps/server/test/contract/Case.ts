/** What the contract does not say of valid requests. */
import type { Effect } from "effect"
import type { Env, IdSlot } from "./endpoints.ts"
import type { Caller } from "./things.ts"

/** What is known of an endpoint beyond its contract. */
export interface Case {
  /** What is not an id in its path. */
  readonly path?: (caller: Caller) => Effect.Effect<Readonly<Record<string, string>>, never, Env>
  /** Makes the body fit for the id that is named in it. */
  readonly fit?: (slot: IdSlot, body: unknown) => unknown
  /** What a valid request has in its body, when the schema alone does not say it. */
  readonly body?: (caller: Caller) => unknown
  /** A body that is no JSON. */
  readonly raw?: () => Uint8Array<ArrayBuffer>
  readonly query?: Readonly<Record<string, string>>
  /** The statuses of a valid request by someone who may; 2xx if absent. */
  readonly answers?: ReadonlyArray<number>
  /** Ids that are optional in the contract and always sent here, by their place. */
  readonly fill?: ReadonlyArray<string>
  /** Ids that must belong to another thing of the request: a new one is not accepted either. */
  readonly related?: ReadonlyArray<string>
  /** Only for people: the status of the refusal that an API key gets. */
  readonly personal?: number
}

/** The cases of some groups of endpoints, by group and endpoint. */
export type Cases = Readonly<Record<string, Case>>
