/**
 * The handlers of `ContactsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { CurrentActor } from "@wicara/core/Tenancy"
import type { Actor } from "@wicara/core/Tenancy"
import { Contacts } from "../Contacts.ts"
import type { ConsentSource } from "../Contact.ts"
import { ContactsApi } from "./Api.ts"

const sourceOf = (actor: Actor): ConsentSource => actor._tag === "User" ? "person" : "api"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ContactsApi),
  "contacts",
  Effect.fn(function*(handlers) {
    const contacts = yield* Contacts
    return handlers.handleAll({
      list: ({ query }) => contacts.list(query),
      get: ({ params }) => contacts.get(params.id),
      update: ({ params, payload }) => contacts.update(params.id, payload),
      changeConsent: ({ params, payload }) =>
        Effect.flatMap(
          CurrentActor,
          ({ actor }) => contacts.changeConsent({ ...payload, contactId: params.id, source: sourceOf(actor) })
        ),
      merge: ({ params, payload }) => contacts.merge(params.id, payload.contactId),
      merges: ({ params }) =>
        Effect.andThen(contacts.get(params.id), Effect.map(contacts.merges(params.id), (data) => ({ data }))),
      unmerge: ({ params }) => contacts.unmerge(params.id)
    })
  })
)
