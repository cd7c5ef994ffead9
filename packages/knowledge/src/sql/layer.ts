/**
 * All services of this package on a SQL database.
 *
 * @since 0.1.0
 */
import { Layer } from "effect"
import { KnowledgeImport } from "../KnowledgeImport.ts"
import { KnowledgeItems } from "../KnowledgeItems.ts"
import { KnowledgeSearch } from "../KnowledgeSearch.ts"
import * as SqlKnowledgeStore from "./SqlKnowledgeStore.ts"

/**
 * It needs the tables (`Migrations.run([migrations])`), a client, and core's events and audit log.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql = Layer.mergeAll(KnowledgeImport.layer, KnowledgeSearch.layer).pipe(
  Layer.provideMerge(KnowledgeItems.layer),
  Layer.provideMerge(SqlKnowledgeStore.layer)
)
