import * as EventConsumers from "@wicara/core/EventConsumers"
import * as EventLog from "@wicara/core/EventLog"
import * as Events from "@wicara/core/Events"
import * as Migrations from "@wicara/core/Migrations"
import { Signals } from "@wicara/core/Signals"
import { migrations } from "@wicara/core/sql/migrations"
import type { TestDatabase } from "@wicara/testing/TestDatabase"
import { Layer } from "effect"

/** A migrated, empty database. */
export const migrated = (database: TestDatabase) =>
  Layer.effectDiscard(Migrations.run([migrations])).pipe(Layer.orDie, Layer.provideMerge(database.layer))

/** One process's event services on a database. */
export const events = EventConsumers.EventConsumers.layerSql.pipe(
  Layer.provideMerge(EventLog.EventLog.layerSql),
  Layer.provideMerge(Events.Events.layerSql),
  Layer.provideMerge(Signals.layer)
)
