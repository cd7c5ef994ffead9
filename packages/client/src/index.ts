/**
 * @since 0.1.0
 */
export * as Api from "./Api.ts"
export * as Client from "./Client.ts"
export * as IdempotencyKey from "./IdempotencyKey.ts"
