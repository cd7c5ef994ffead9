/**
 * Sign-in with Google, Facebook and any OpenID Connect provider for `@wicara/core`.
 *
 * @since 0.1.0
 */
export * as FacebookProvider from "./FacebookProvider.ts"
export * as GoogleProvider from "./GoogleProvider.ts"
export * as OpenIdProvider from "./OpenIdProvider.ts"
