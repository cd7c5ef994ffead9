/**
 * What customers see of an account: the part of an adapter that reads and changes its public profile.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { Effect } from "effect"
import type { HttpClient } from "effect/http"
import type { Account, MediaUpload } from "./ChannelAdapter.ts"
import type { ProviderFailure } from "./ProviderFailure.ts"

/**
 * An account's public profile. A field that the provider does not have is absent.
 *
 * @category models
 * @since 0.1.0
 */
export const Profile = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  about: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  address: Schema.optionalKey(Schema.String),
  email: Schema.optionalKey(Schema.String),
  websites: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The provider's word for the line of business. */
  vertical: Schema.optionalKey(Schema.String),
  pictureUrl: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "ChannelProfile" })
/** @since 0.1.0 */
export type Profile = typeof Profile.Type

const { pictureUrl: _, ...changeable } = Profile.fields

/**
 * A change of a profile's words: absent fields stay, an empty text clears one. At most 2,000 characters each.
 *
 * @category models
 * @since 0.1.0
 */
export const ChangeProfile = Schema.Struct(changeable).check(
  Schema.makeFilter((change) =>
    Object.values(change).flat().every((text) => text.length <= 2000) ? undefined : "at most 2000 characters a field"
  )
).annotate({ identifier: "ChangeChannelProfile" })
/** @since 0.1.0 */
export type ChangeProfile = typeof ChangeProfile.Type

/**
 * @category models
 * @since 0.1.0
 */
export interface ChannelProfile<Settings, Secrets> {
  /** The fields that can be changed; others are refused. */
  readonly changeable: ReadonlySet<Exclude<keyof Profile, "pictureUrl"> | "picture">
  readonly get: (
    account: Account<Settings, Secrets>
  ) => Effect.Effect<Profile, ProviderFailure, HttpClient.HttpClient>
  /** Absent fields stay; an empty text clears one. `picture: null` removes it where the provider can. */
  readonly update: (
    change: Omit<Profile, "pictureUrl"> & { readonly picture?: MediaUpload | null | undefined },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
}
