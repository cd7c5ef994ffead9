/**
 * Handlers of `AuditApi`.
 *
 * @since 0.1.0
 */
import { Effect, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Audit } from "../Audit.ts"
import * as AuditExport from "../AuditExport.ts"
import { CurrentOrganization } from "../Tenancy.ts"
import { AuditApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(AuditApi),
  "audit",
  Effect.fnUntraced(function*(handlers) {
    const audit = yield* Audit
    return handlers.handleAll({
      list: ({ query }) => audit.list(query),
      export: Effect.fnUntraced(function*({ query: { format = "jsonl", ...filter } }) {
        const current = yield* CurrentOrganization
        const text = yield* Effect.provideService(AuditExport.text(format, filter), Audit, audit)
        const body = Stream.provideService(Stream.encodeText(text), CurrentOrganization, current)
        return HttpServerResponse.stream(body, {
          contentType: format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson",
          headers: { "cache-control": "no-store", "content-disposition": `attachment; filename="audit.${format}"` }
        })
      }),
      verify: ({ query: { hash, sequence } }) =>
        audit.verify(hash === undefined || sequence === undefined ? undefined : { hash, sequence })
    })
  })
)
