/**
 * @since 0.1.0
 */
export * as events from "./events.ts"
export * as MediaApi from "./Media/Api.ts"
export * as MediaConsumers from "./MediaConsumers.ts"
export * as MediaFetcher from "./MediaFetcher.ts"
export * as MediaHttp from "./Media/Http.ts"
export * as MessageAttachments from "./MessageAttachments.ts"
export * as MessageFile from "./MessageFile.ts"
export * as MessageFiles from "./MessageFiles.ts"
export * as MediaReaders from "./MediaReaders.ts"
export * as MessageReading from "./MessageReading.ts"
export * as MessageText from "./MessageText.ts"
export * as MessageThumbnails from "./MessageThumbnails.ts"
export * as migrations from "./sql/migrations.ts"
export * as module from "./module.ts"
export * as Thumbnails from "./Thumbnails.ts"
