/**
 * What an API's description says beyond its schemas: the permission that each endpoint asks for, the `Idempotency-Key`
 * header where it is honoured, `Retry-After` where it is sent, and the bounds of a page's size.
 *
 * @since 0.1.0
 */
import { Context, Option, Predicate } from "effect"
import { HttpApi } from "effect/http-api"
import type { HttpApiGroup, OpenApi } from "effect/http-api"
import { Idempotency } from "./Idempotency.ts"
import * as Pagination from "./Pagination.ts"
import { Access } from "./Permissions.ts"

const IdempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "Repeating the request with the same key within 24 hours has no further effect and gets the same answer.",
  required: false,
  schema: { type: "string", minLength: 1, maxLength: 190, pattern: "^[\\x21-\\x7e]+$" }
} as const

const RetryAfter = {
  description: "Seconds to wait before the same request is worth repeating.",
  required: true,
  schema: { type: "integer", minimum: 0 }
} as const

const RequestId = {
  description: "Names the request in the server's logs: the one that was sent, or a new one.",
  required: true,
  schema: { type: "string", maxLength: 120 }
} as const

/** The text of a query is a number: tools that read the description ask for one, and the server decodes it. */
const limit = {
  type: "integer",
  minimum: 1,
  maximum: Pagination.maximumLimit,
  default: Pagination.defaultLimit,
  description: Pagination.limitDescription
}

const isLimit = ({ in: place, schema }: OpenApi.OpenAPISpecParameter) =>
  place === "query" && Predicate.hasProperty(schema, "description") &&
  schema.description === Pagination.limitDescription

const methods = ["get", "put", "post", "patch", "delete"] as const

const headersOf = (status: string) => ({
  "X-Request-Id": { $ref: "#/components/headers/RequestId" },
  ...(status === "429" || status === "503" ? { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } : {})
})

interface Facts {
  readonly access: Access["Service"] | undefined
  readonly idempotent: boolean
}

const words = ({ access }: Facts): ReadonlyArray<string> => {
  if (access === undefined) return []
  if (access.permission !== null) return [`Needs the permission \`${access.permission}\`.`]
  return [access.anyMember ? "Open to every member of the organization." : "Needs no permission."]
}

const describe = (operation: OpenApi.OpenAPISpecOperation, facts: Facts) => ({
  ...operation,
  description: [...(operation.description === undefined ? [] : [operation.description]), ...words(facts)].join(" "),
  parameters: [
    ...operation.parameters.map((parameter) => isLimit(parameter) ? { ...parameter, schema: limit } : parameter),
    ...(facts.idempotent ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : [])
  ],
  responses: Object.fromEntries(
    Object.entries(operation.responses).map(([status, response]) => [
      status,
      { ...response, headers: { ...response.headers, ...headersOf(status) } }
    ])
  )
})

const factsOf = <Id extends string, Groups extends HttpApiGroup.Constraint>(api: HttpApi.HttpApi<Id, Groups>) => {
  const facts = new Map<string, Facts>()
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group, mergedAnnotations, middleware }) => {
      facts.set(`${group.identifier}.${endpoint.identifier}`, {
        access: Option.getOrUndefined(Context.getOption(mergedAnnotations, Access)),
        idempotent: endpoint.method === "POST" && [...middleware].some(({ key }) => key === Idempotency.key)
      })
    }
  })
  return facts
}

/**
 * Completes the description of an API whose endpoints use this package's permissions, problems, pages and idempotency:
 * `api.annotate(OpenApi.Transform, ApiDescription.complete(api))`.
 *
 * @category annotations
 * @since 0.1.0
 */
export const complete = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>
): OpenApi.Transform["Service"] =>
(spec) => {
  const facts = factsOf(api)
  const paths: OpenApi.OpenAPISpecPaths = spec["paths"]
  const complete = (operation: OpenApi.OpenAPISpecOperation) =>
    describe(operation, facts.get(operation.operationId) ?? { access: undefined, idempotent: false })
  return {
    ...spec,
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [path, {
        ...item,
        ...Object.fromEntries(methods.flatMap((method) => {
          const operation = item[method]
          return operation === undefined ? [] : [[method, complete(operation)]]
        }))
      }])
    ),
    components: { ...spec["components"], parameters: { IdempotencyKey }, headers: { RequestId, RetryAfter } }
  }
}
