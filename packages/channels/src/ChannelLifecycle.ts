/**
 * How an account gets connected, stays so, and is let go: the part of an adapter that speaks with the provider about
 * the account itself.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { Effect } from "effect"
import type { HttpClient } from "effect/http"
import type { Account } from "./ChannelAdapter.ts"
import type { ProviderFailure } from "./ProviderFailure.ts"

/**
 * How an account can be connected: with `credentials` alone, by a `qr` code that a phone scans, by a `code` that is
 * typed on the phone.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ConnectMethod = Schema.Literals(["credentials", "qr", "code"])
/** @since 0.1.0 */
export type ConnectMethod = typeof ConnectMethod.Type

/**
 * Where the account stands with its provider, and what somebody has to do. Instants are epoch milliseconds.
 *
 * - `Connected`: it works; `as` is who it is there (a phone number, a name)
 * - `Starting`: the provider is at work; ask again
 * - `ScanQr`: scan this text as a QR code with the phone; a new one comes when it expires
 * - `EnterCode`: type this on the phone
 * - `Confirm`: the provider wants something that only a person can give (a passkey, a PIN, a business verification)
 * - `Reauthorize`: the credentials are refused or expired
 * - `Disconnected`: it was stopped or logged out
 * - `Failed`: it does not work by itself any more
 *
 * @category models
 * @since 0.1.0
 */
export const ConnectionState = Schema.Union([
  Schema.TaggedStruct("Connected", { as: Schema.NullOr(Schema.String) }),
  Schema.TaggedStruct("Starting", { reason: Schema.String }),
  Schema.TaggedStruct("ScanQr", { qr: Schema.String, expiresAt: Schema.NullOr(Schema.Int) }),
  Schema.TaggedStruct("EnterCode", { code: Schema.String, expiresAt: Schema.NullOr(Schema.Int) }),
  Schema.TaggedStruct("Confirm", { action: Schema.String, reason: Schema.String }),
  Schema.TaggedStruct("Reauthorize", { reason: Schema.String }),
  Schema.TaggedStruct("Disconnected", { reason: Schema.String }),
  Schema.TaggedStruct("Failed", { reason: Schema.String })
]).annotate({ identifier: "ChannelConnectionState" })
/** @since 0.1.0 */
export type ConnectionState = typeof ConnectionState.Type

/**
 * What a connection is begun with.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectRequest {
  readonly method: ConnectMethod
  /** The number to pair, digits of E.164; for `code`. */
  readonly phone?: string | undefined
  /** Where the provider is to deliver its webhooks. */
  readonly webhookUrl: string
}

/**
 * Something about the account's set-up at the provider that loses or doubles messages (webhooks that lead elsewhere, two
 * that deliver the same, a permission that is missing).
 *
 * @category models
 * @since 0.1.0
 */
export const SetupFinding = Schema.Struct({
  /** A stable word for it, `snake_case`. */
  code: Schema.String,
  severity: Schema.Literals(["warn", "fail"]),
  message: Schema.String,
  /** `repair` mends it. */
  repairable: Schema.Boolean
}).annotate({ identifier: "ChannelSetupFinding" })
/** @since 0.1.0 */
export type SetupFinding = typeof SetupFinding.Type

/**
 * The life of an account at its provider. Every call may be repeated: asked for what is so already, it changes nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChannelLifecycle<Settings, Secrets> {
  readonly methods: ReadonlySet<ConnectMethod>
  /** The fields of the secrets that are this side's to choose, and that `repair` registers: a rotation makes new ones. */
  readonly ownSecrets?: ReadonlyArray<string> | undefined
  /** Begins, or goes on with, connecting: creates what the provider needs, and registers the webhook. */
  readonly connect: (
    request: ConnectRequest,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<ConnectionState, ProviderFailure, HttpClient.HttpClient>
  /** Where it stands now, by a round trip. */
  readonly state: (
    account: Account<Settings, Secrets>
  ) => Effect.Effect<ConnectionState, ProviderFailure, HttpClient.HttpClient>
  /** Starts a connection that failed or hangs once more, without a new pairing. */
  readonly restart?:
    | ((
      account: Account<Settings, Secrets>
    ) => Effect.Effect<ConnectionState, ProviderFailure, HttpClient.HttpClient>)
    | undefined
  /** Ends it; with `forget`, the provider also drops the pairing or the subscription. */
  readonly disconnect: (
    options: { readonly forget: boolean },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
  /** What is wrong with the set-up, given where the webhooks should lead. */
  readonly inspect: (
    webhookUrl: string,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<ReadonlyArray<SetupFinding>, ProviderFailure, HttpClient.HttpClient>
  /** Mends what `inspect` calls repairable (by its codes), registering the webhook with the account's present secrets. */
  readonly repair: (
    webhookUrl: string,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
  /** When the credentials end, epoch milliseconds; `null`: they do not, or the provider does not say. */
  readonly credentialsExpireAt?:
    | ((
      account: Account<Settings, Secrets>
    ) => Effect.Effect<number | null, ProviderFailure, HttpClient.HttpClient>)
    | undefined
}
