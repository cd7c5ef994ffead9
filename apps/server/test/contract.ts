/** Whatever the suites of the whole API ask: every endpoint, with a valid request for it. */
import { Arbitrary, Effect, Schema, SchemaAST } from "effect"
import type * as Harness from "./harness.ts"
import type { Case, Cases } from "./contract/Case.ts"
import { channelCases } from "./contract/channelCases.ts"
import { coreCases } from "./contract/coreCases.ts"
import { endpoints, tenantIds } from "./contract/endpoints.ts"
import type { Endpoint, IdSlot } from "./contract/endpoints.ts"
import { serviceCases } from "./contract/serviceCases.ts"
import { make } from "./contract/things.ts"
import type { Caller } from "./contract/things.ts"

export { endpoints, takesLimit, tenantIds } from "./contract/endpoints.ts"
export type { Endpoint, Env, IdSlot } from "./contract/endpoints.ts"
export { make } from "./contract/things.ts"
export type { Caller } from "./contract/things.ts"

const cases: Cases = { ...coreCases, ...channelCases, ...serviceCases }

/** Cases for endpoints that the API does not have: left over when one was renamed. */
export const staleCases = Object.keys(cases).filter((key) => !endpoints.some((endpoint) => endpoint.key === key))

/** What is known of an endpoint beyond its contract. */
export const caseOf = (endpoint: Endpoint): Case => cases[endpoint.key] ?? {}

/** Whether the status is what a valid request is answered with. */
export const isSuccess = (endpoint: Endpoint, status: number): boolean =>
  caseOf(endpoint).answers?.includes(status) ?? (status >= 200 && status < 300)

/** The JSON of a value that has the schema's type. */
export const encode = (schema: Schema.Top, value: unknown): Effect.Effect<unknown> =>
  Effect.orDie(Schema.encodeUnknownEffect(Schema.toCodecJson(schema) as Schema.Top as Schema.Codec<unknown>)(value))

const sample = (schema: Schema.Top, seed: string) =>
  Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 1, size: 4, seed }).pipe(
    Effect.flatMap(([value]) => encode(schema, value)),
    Effect.orDie
  )

/** Without what is optional. */
const required = (schema: Schema.Top, value: unknown): Record<string, unknown> => {
  const { ast } = Schema.toType(schema)
  if (ast._tag !== "Objects" || typeof value !== "object" || value === null) return {}
  const needed = ast.propertySignatures.filter(({ type }) => !SchemaAST.isOptional(type))
  const names = new Set(needed.map(({ name }) => name))
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)))
}

const put = (value: unknown, at: ReadonlyArray<string>, id: string): unknown => {
  const [name, ...rest] = at
  if (name === undefined) return id
  if (name === "*") return [put(Array.isArray(value) ? value[0] : undefined, rest, id)]
  const object = typeof value === "object" && value !== null ? value : {}
  return { ...object, [name]: put((object as Record<string, unknown>)[name], rest, id) }
}

/** Ids to name instead of new things of the caller's own. */
export type Naming = ReadonlyMap<IdSlot, string>

/** A valid request of the caller's, but for the ids that are named otherwise. */
export const requestFor = Effect.fnUntraced(function*(endpoint: Endpoint, caller: Caller, naming: Naming = new Map()) {
  const special = caseOf(endpoint)
  let query: unknown = endpoint.query === undefined
    ? {}
    : { ...required(endpoint.query, yield* sample(endpoint.query, endpoint.key)), ...special.query }
  const raw = special.raw?.()
  let body: unknown = special.body?.(caller) ??
    (endpoint.payload === undefined || raw !== undefined
      ? undefined
      : required(endpoint.payload.schema, yield* sample(endpoint.payload.schema, endpoint.key)))
  let path = endpoint.path
  const isNamed = (name: string) => [...naming.keys()].some(({ at, slot }) => slot === "path" && at[0] === name)
  for (const [name, value] of Object.entries(yield* special.path?.(caller) ?? Effect.succeed({}))) {
    if (!isNamed(name)) path = path.replace(`:${name}`, value)
  }
  for (const slot of tenantIds(endpoint)) {
    const named = naming.get(slot)
    if (slot.optional && named === undefined && special.fill?.includes(slot.at.join(".")) !== true) continue
    const id = named ?? (yield* make(slot.brand, caller))
    if (slot.slot === "path") path = path.replace(`:${slot.at[0]}`, id)
    else if (slot.slot === "query") query = put(query, slot.at, id)
    else body = put(body, slot.at, id)
  }
  for (const slot of naming.keys()) body = special.fit?.(slot, body) ?? body
  const search = new URLSearchParams(query as Record<string, string>).toString()
  return {
    path: search === "" ? path : `${path}?${search}`,
    options: {
      method: endpoint.method,
      token: caller.token,
      stream: endpoint.stream,
      ...(body === undefined ? {} : { json: body }),
      ...(raw === undefined ? {} : { body: raw })
    } satisfies Harness.RequestOptions
  }
})
