/**
 * @since 0.1.0
 */
export * as Chunking from "./Chunking.ts"
export * as ImportReport from "./ImportReport.ts"
export * as KnowledgeBatch from "./KnowledgeBatch.ts"
export * as KnowledgeBatches from "./KnowledgeBatches.ts"
export * as KnowledgeHit from "./KnowledgeHit.ts"
export * as KnowledgeImport from "./KnowledgeImport.ts"
export * as KnowledgeItem from "./KnowledgeItem.ts"
export * as KnowledgeItems from "./KnowledgeItems.ts"
export * as KnowledgeSearch from "./KnowledgeSearch.ts"
export * as KnowledgeStore from "./KnowledgeStore.ts"
export * as Language from "./Language.ts"
export * as SqlKnowledgeStore from "./sql/SqlKnowledgeStore.ts"
export * as events from "./events.ts"
export * as migrations from "./sql/migrations.ts"
export * as module from "./module.ts"
export * as permissions from "./permissions.ts"
