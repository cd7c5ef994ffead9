/** Exported rows as the body of an answer. */
import type { Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { lines } from "../PersonData.ts"
import type { ExportedRow } from "../TenantData.ts"

export const answer = (rows: Stream.Stream<ExportedRow>, name: string) =>
  HttpServerResponse.stream(lines(rows), {
    contentType: "application/x-ndjson",
    headers: { "cache-control": "no-store", "content-disposition": `attachment; filename="${name}.ndjson"` }
  })
