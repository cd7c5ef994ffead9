/**
 * The HTTP contract of contacts.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import { PersonalData } from "@wicara/core/LoggedRequest"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import * as Sorting from "@wicara/core/Sorting"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import {
  ChangeConsent,
  Contact,
  ContactDetail,
  ContactId,
  ContactMerge,
  ContactMergeId,
  contactSorts,
  UpdateContact
} from "../Contact.ts"
import { permissions } from "../permissions.ts"

const params = { id: ContactId }

/**
 * @category api
 * @since 0.1.0
 */
export class ContactsApi extends HttpApiGroup.make("contacts")
  .add(
    HttpApiEndpoint.get("list", "/contacts", {
      query: {
        ...Pagination.query,
        search: Schema.optional(
          Schema.String.check(Schema.isMaxLength(190)).annotate({
            description: "The beginning of a name or a phone number."
          })
        ),
        sort: Sorting.parameter(contactSorts, "-createdAt")
      },
      success: Pagination.Page(Contact),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The contacts, or those found"),
    HttpApiEndpoint.get("get", "/contacts/:id", {
      params,
      success: ContactDetail,
      error: NotFound
    }).annotate(PersonalData, { type: "contact", parameter: "id", access: "read" }).annotate(
      Permissions.Access,
      Permissions.require(permissions.read)
    )
      .annotate(OpenApi.Summary, "One contact with its identities"),
    HttpApiEndpoint.patch("update", "/contacts/:id", {
      params,
      payload: UpdateContact,
      success: Contact,
      error: NotFound
    }).annotate(PersonalData, { type: "contact", parameter: "id", access: "modify" }).annotate(
      Permissions.Access,
      Permissions.require(permissions.write)
    )
      .annotate(OpenApi.Summary, "Change a contact"),
    HttpApiEndpoint.post("changeConsent", "/contacts/:id/consent", {
      params,
      payload: ChangeConsent,
      success: Contact,
      error: NotFound
    }).annotate(PersonalData, { type: "contact", parameter: "id", access: "modify" }).middleware(Idempotency).annotate(
      Permissions.Access,
      Permissions.require(permissions.write)
    )
      .annotate(OpenApi.Summary, "Record a consent or its withdrawal"),
    HttpApiEndpoint.post("merge", "/contacts/:id/merge", {
      params,
      payload: Schema.Struct({
        contactId: ContactId.annotate({ description: "The contact that becomes part of this one." })
      }),
      success: ContactMerge,
      error: [NotFound, Conflict]
    }).annotate(PersonalData, { type: "contact", parameter: "id", access: "modify" }).middleware(Idempotency).annotate(
      Permissions.Access,
      Permissions.require(permissions.write)
    )
      .annotate(OpenApi.Summary, "Make another contact part of this one"),
    HttpApiEndpoint.get("merges", "/contacts/:id/merges", {
      params,
      success: Schema.Struct({ data: Schema.Array(ContactMerge) }),
      error: NotFound
    }).annotate(PersonalData, { type: "contact", parameter: "id", access: "read" }).annotate(
      Permissions.Access,
      Permissions.require(permissions.read)
    )
      .annotate(OpenApi.Summary, "The merges a contact is part of"),
    HttpApiEndpoint.post("unmerge", "/contact-merges/:id/undo", {
      params: { id: ContactMergeId },
      success: ContactMerge,
      error: [NotFound, Conflict]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Undo a merge")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Contacts",
    description: "Customers, their identities and their consent."
  }))
{}
