/**
 * The business profile of a number: the `profile` facet of the adapter.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-profiles
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { ChannelProfile } from "@wicara/channels/ChannelProfile"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as GraphApi from "./GraphApi.ts"
import { failureOf } from "./internal/failureOf.ts"
import { optional } from "./internal/optional.ts"
import * as PhoneNumber from "./PhoneNumber.ts"
import * as ResumableUpload from "./ResumableUpload.ts"

const text = Schema.optional(Schema.NullOr(Schema.String))

const Parts = Schema.Struct({
  about: text,
  address: text,
  description: text,
  email: text,
  websites: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  vertical: text,
  profile_picture_url: text
})

/** The parts stand in the element itself, or under `business_profile`: both are documented. */
const Answer = Schema.Struct({
  data: Schema.Array(Schema.Struct({ ...Parts.fields, business_profile: Schema.optional(Schema.NullOr(Parts)) }))
})

/** The longest that the API takes, characters; and how many websites. */
const limits = { about: 139, address: 256, description: 512, email: 128, websites: 256 } as const
const maxWebsites = 2

const refusal = (code: string, reason: string) => new ProviderFailure({ kind: "refused", code, reason })

/**
 * The facet, over whatever says how an account calls the API.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Settings extends { readonly phoneNumberId: string }, Secrets>(
  callerOf: (account: Account<Settings, Secrets>) => GraphApi.Caller
): ChannelProfile<Settings, Secrets> => ({
  changeable: new Set(["about", "address", "description", "email", "websites", "vertical", "picture"]),

  get: Effect.fn("WhatsAppCloud.profile.get")(function*(account) {
    const caller = callerOf(account)
    const id = account.settings.phoneNumberId
    const { data } = yield* Effect.mapError(
      GraphApi.call(caller, Answer, {
        method: "GET",
        path: `${id}/whatsapp_business_profile`,
        query: { fields: Object.keys(Parts.fields).join(",") }
      }),
      failureOf
    )
    const { verified_name: name } = yield* Effect.mapError(PhoneNumber.get(caller, id), failureOf)
    const parts = data[0]?.business_profile ?? data[0]
    return {
      ...optional("name", name ?? undefined),
      ...optional("about", parts?.about ?? undefined),
      ...optional("description", parts?.description ?? undefined),
      ...optional("address", parts?.address ?? undefined),
      ...optional("email", parts?.email ?? undefined),
      ...optional("websites", parts?.websites ?? undefined),
      ...optional("vertical", parts?.vertical ?? undefined),
      ...optional("pictureUrl", parts?.profile_picture_url ?? undefined)
    }
  }),

  update: Effect.fn("WhatsAppCloud.profile.update")(function*(change, account) {
    if (change.name !== undefined) {
      return yield* refusal("not_supported", "The display name is changed in WhatsApp Manager, where it is reviewed")
    }
    if (change.picture === null) {
      return yield* refusal("not_supported", "WhatsApp replaces a picture, but does not remove it")
    }
    if (change.about === "") return yield* refusal("too_short", "The about text can't be empty")
    for (const field of ["about", "address", "description", "email"] as const) {
      if ((change[field]?.length ?? 0) > limits[field]) {
        return yield* refusal("too_long", `${field} has more than ${limits[field]} characters`)
      }
    }
    if ((change.websites?.length ?? 0) > maxWebsites) {
      return yield* refusal("too_many", `There can be at most ${maxWebsites} websites`)
    }
    if (change.websites?.some((website) => website.length > limits.websites) === true) {
      return yield* refusal("too_long", `A website has more than ${limits.websites} characters`)
    }
    const caller = callerOf(account)
    const handle = change.picture === undefined ? undefined : yield* ResumableUpload.uploadMedia(caller, change.picture)
    const { picture: _, ...parts } = change
    yield* Effect.mapError(
      PhoneNumber.change(caller, `${account.settings.phoneNumberId}/whatsapp_business_profile`, {
        messaging_product: "whatsapp",
        ...parts,
        ...optional("profile_picture_handle", handle)
      }),
      failureOf
    )
  })
})
