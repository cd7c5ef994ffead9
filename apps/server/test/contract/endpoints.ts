/** The endpoints of the API, read from the contract itself. */
import { Api } from "@wicara/client/Api"
import * as Permissions from "@wicara/core/Permissions"
import { Context, Schema, SchemaAST } from "effect"
import type { Layer } from "effect"
import { HttpApi } from "effect/http-api"
import type * as Harness from "../harness.ts"

/** What a running test server offers. */
export type Env = Layer.Success<ReturnType<typeof Harness.layer>>

/** A place in a request that names a thing by its id. */
export interface IdSlot {
  readonly slot: "path" | "query" | "body"
  /** Property names; `*` for the elements of a list. */
  readonly at: ReadonlyArray<string>
  readonly brand: string
  readonly optional: boolean
}

/** An endpoint as the suites need it. */
export interface Endpoint {
  readonly key: string
  readonly group: string
  readonly method: string
  readonly path: string
  readonly access: Permissions.Access["Service"]
  /** Whose token it asks for. */
  readonly credential: "member" | "visitor" | "none"
  readonly idempotent: boolean
  readonly stream: boolean
  readonly ids: ReadonlyArray<IdSlot>
  readonly query: Schema.Top | undefined
  readonly payload: { readonly contentType: string; readonly schema: Schema.Top } | undefined
}

const idsIn = (
  slot: IdSlot["slot"],
  ast: SchemaAST.AST,
  at: ReadonlyArray<string> = [],
  optional = false,
  depth = 0
): ReadonlyArray<IdSlot> => {
  if (depth > 8) return []
  const into = (type: SchemaAST.AST, name: string | undefined, isOptional: boolean) =>
    idsIn(slot, type, name === undefined ? at : [...at, name], optional || isOptional, depth + 1)
  switch (ast._tag) {
    case "String": {
      const brand = SchemaAST.resolveIdentifier(ast)
      return brand !== undefined && brand.endsWith("Id") ? [{ slot, at, brand, optional }] : []
    }
    case "Objects":
      return ast.propertySignatures.flatMap(({ name, type }) => into(type, String(name), SchemaAST.isOptional(type)))
    case "Arrays":
      return ast.rest.flatMap((type) => into(type, "*", false))
    case "Union":
      return ast.types.flatMap((type) => into(type, undefined, false))
    default:
      return []
  }
}

const slotsOf = (slot: IdSlot["slot"], schema: Schema.Top | undefined) => {
  const found = schema === undefined ? [] : idsIn(slot, Schema.toType(schema).ast)
  return found.filter((one, index) => found.findIndex((other) => other.at.join() === one.at.join()) === index)
}

const reflect = (): ReadonlyArray<Endpoint> => {
  const endpoints: Array<Endpoint> = []
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group, mergedAnnotations, middleware, successes }) => {
      const keys = [...middleware].map(({ key }) => key)
      // What is no JSON has a case of its own.
      const [payload] = [...endpoint.payload].flatMap(([contentType, { schemas }]) =>
        contentType === "application/json" ? schemas.map((schema) => ({ contentType, schema })) : []
      )
      endpoints.push({
        key: `${group.identifier}.${endpoint.identifier}`,
        group: group.identifier,
        method: endpoint.method,
        path: endpoint.path,
        access: Context.getUnsafe(mergedAnnotations as Context.Context<Permissions.Access>, Permissions.Access),
        credential: keys.some((key) => key.endsWith("/VisitorAuthentication"))
          ? "visitor"
          : keys.some((key) => key.endsWith("/Authentication"))
          ? "member"
          : "none",
        idempotent: keys.some((key) => key.endsWith("/Idempotency")),
        stream: successes.size === 0,
        ids: [
          ...slotsOf("path", endpoint.params),
          ...slotsOf("query", endpoint.query),
          ...slotsOf("body", payload?.schema)
        ],
        query: endpoint.query,
        payload
      })
    }
  })
  return endpoints
}

/** Every endpoint of the API. */
export const endpoints = reflect()

/** Ids that clients choose: there is no other organization's thing behind them. */
const chosenByClients = new Set(["WidgetMessageId"])

/** The ids of an endpoint's request that name things of an organization. */
export const tenantIds = (endpoint: Endpoint): ReadonlyArray<IdSlot> =>
  endpoint.ids.filter(({ brand }) => !chosenByClients.has(brand))

/** Whether the query has the `limit` and `cursor` of lists. */
export const takesLimit = (query: Schema.Top | undefined): boolean => {
  if (query === undefined) return false
  const { ast } = Schema.toType(query)
  return ast._tag === "Objects" && ast.propertySignatures.some(({ name }) => name === "limit")
}
