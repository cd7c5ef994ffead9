/**
 * An add-on that was installed once and is not any more.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"

/**
 * An add-on that was installed once and is not any more: its tables are still there, and organizations take their rows
 * with them when they leave.
 *
 * @category models
 * @since 0.1.0
 */
export class RemovedAddon extends Schema.Class<RemovedAddon>("RemovedAddon")({
  id: Schema.String,
  name: Schema.String,
  version: Schema.String.annotate({ description: "The version that was there last." }),
  tables: Schema.Array(Schema.String).annotate({ description: "Its tables with data of organizations." }),
  keptAt: Schema.NullOr(Instant).annotate({
    description: "When somebody decided to keep the tables; null as long as nobody decided."
  })
}, { description: "An add-on that was installed once and is not any more; its tables are still there." }) {}
