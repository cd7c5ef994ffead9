/**
 * What the kit needs beside an adapter: a provider that can be looked into, with two accounts at it. An emulator, a fake
 * of a few lines or a sandbox of the vendor's will do.
 *
 * @since 0.1.0
 */
import type { Effect } from "effect"
import type { HttpClient } from "effect/http"
import type { Address, Identity } from "@wicara/channels/Address"
import type { Account, InboundRequest } from "@wicara/channels/ChannelAdapter"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { ProviderStatus } from "@wicara/channels/InboundEvent"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import type { Disturbance } from "./ChannelNetwork.ts"

/**
 * One message that the provider took, as its own record has it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Taken {
  /** The provider's id, in the form in which the adapter gives it. */
  readonly id: string
  /** What the provider understood it to be. */
  readonly kind: OutboundContent["type"]
  /** Everything that the provider was given: the words of the message are looked for in it. */
  readonly raw: unknown
  /** When, epoch milliseconds, where the provider says. */
  readonly at?: number | undefined
}

/**
 * What a customer writes.
 *
 * @category models
 * @since 0.1.0
 */
export interface CustomerSaid {
  /** The provider's id of the message. */
  readonly id: string
  readonly text: string
  /** Epoch milliseconds, whole seconds. */
  readonly at: number
}

/**
 * How the provider refuses a send: for now (`busy`), or this message for good (`message`).
 *
 * @category models
 * @since 0.1.0
 */
export type Refusal = "busy" | "message"

/**
 * An account as it is connected, and its side of the provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectedAccount {
  readonly account: Account<unknown, unknown>
  /** Somebody that it may write to now. */
  readonly customer: Address
  /** Every message taken from this account and no other, oldest first. */
  readonly taken: Effect.Effect<ReadonlyArray<Taken>>
  /** The provider refuses the account's next send. */
  readonly refuseNext: (refusal: Refusal) => Effect.Effect<void>
  /** A webhook's body: the customer wrote. */
  readonly wrote: (said: CustomerSaid) => Uint8Array
  /** A webhook's body of a kind that the adapter has no word for, with the marker in it. */
  readonly unheardOf: (marker: string) => Uint8Array
  /** A webhook's body: the status of a message that was taken. */
  readonly statusOf: (status: ProviderStatus, taken: Taken) => Uint8Array
  /** Where texts can be edited for a while: what the customer sees now in the place of a text that was taken. */
  readonly shown?: ((taken: Taken) => Effect.Effect<string>) | undefined
  /** Where the provider knows the past: the customer writes now, and nobody is told; the body that would have told it. */
  readonly unheard?: ((words: string) => Effect.Effect<Uint8Array>) | undefined
  /** Where groups can have people ask to join: somebody follows a group's link. */
  readonly asksToJoin?: ((group: Address, people: Identity) => Effect.Effect<void>) | undefined
  /** The request that delivers a body, signed as the provider signs it. */
  readonly signed: (body: Uint8Array) => InboundRequest
  /** The provider's verification request, which asks for the challenge. */
  readonly handshake?: ((challenge: string) => InboundRequest) | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ChannelHarness {
  /** The adapter as it works with this provider, for one that is made of services; else the subject's. */
  readonly adapter?: AnyChannelAdapter | undefined
  /** Reaches the provider. It is wrapped: the kit's faults happen in between. */
  readonly client: HttpClient.HttpClient
  /** For a channel that makes no requests: how its sends are disturbed instead. */
  readonly disturbance?: Disturbance | undefined
  /** Of two organizations. */
  readonly accounts: readonly [ConnectedAccount, ConnectedAccount]
  /** The first account with credentials that the provider no longer takes. */
  readonly expired: Account<unknown, unknown>
  /** An address that the channel can't write to. */
  readonly stranger: Address
  /** Where the channel shows QR codes: an account that no phone is linked to yet, and somebody who links theirs. */
  readonly pairing?:
    | { readonly account: Account<unknown, unknown>; readonly accept: Effect.Effect<void> }
    | undefined
  /** Somebody to be put into groups, where the kit's own phone number will not do. */
  readonly member?: Identity | undefined
  /** Contents to send in place of the kit's own, where the provider knows only some (templates). */
  readonly samples?: Partial<Record<OutboundContent["type"], OutboundContent>> | undefined
  /** The statuses that the provider tells of; sent, delivered, read and failed when left out. */
  readonly statuses?: ReadonlyArray<ProviderStatus> | undefined
}
