import { Effect } from "effect"
import type { Address } from "@wicara/channels/Address"
import type { ContactId } from "@wicara/contacts/Contact"
import type { Contacts } from "@wicara/contacts/Contacts"

/**
 * Where a customer is written to from another account: their phone number, which is the same everywhere. Hidden ids,
 * visitors and groups mean something at their own account only. `undefined`: no number of theirs is known.
 */
export const addressOn = Effect.fnUntraced(function*(
  chat: Address,
  contactId: ContactId,
  contacts: Contacts["Service"]
) {
  if (chat.kind === "phone") return chat
  if (chat.kind === "group" || chat.kind === "newsletter" || chat.kind === "broadcast") return undefined
  const contact = yield* Effect.option(contacts.get(yield* contacts.root(contactId)))
  if (contact._tag === "None") return undefined
  const number = contact.value.identities.find(({ kind }) => kind === "phone")
  return number === undefined ? undefined : { kind: "phone", value: number.value } satisfies Address
})
