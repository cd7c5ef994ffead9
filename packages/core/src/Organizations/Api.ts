/**
 * The caller's organizations.
 *
 * @since 0.1.0
 */
import { Schema, Struct } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { organization as permissions } from "../CorePermissions.ts"
import { Deletion } from "../Deletion.ts"
import { Idempotency } from "../Idempotency.ts"
import { Member, RoleKey } from "../Membership.ts"
import { NewOrganization, Organization, OrganizationChanges, PublicOrganization } from "../Organization.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, Forbidden, InvalidInput, NotFound } from "../Problem.ts"
import { UserId } from "../Tenancy.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class OrganizationsApi extends HttpApiGroup.make("organizations")
  .add(
    HttpApiEndpoint.get("listMine", "/", {
      query: Pagination.query,
      success: Pagination.Page(Schema.Struct({ organization: Organization, role: RoleKey })),
      error: [InvalidInput, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(Permissions.AllowInactive, true)
      .annotate(OpenApi.Summary, "The organizations that the caller is a member of"),
    HttpApiEndpoint.get("current", "/current", {
      success: Organization
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The organization that the caller acts in"),
    HttpApiEndpoint.patch("updateCurrent", "/current", {
      payload: OrganizationChanges,
      success: Organization,
      error: Conflict
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change the organization"),
    HttpApiEndpoint.post("create", "/", {
      payload: NewOrganization.mapFields(Struct.omit(["status", "trialEndsAt"])),
      success: Organization.pipe(HttpApiSchema.status(201)),
      error: [Conflict, Forbidden]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.member)
      .annotate(Permissions.AllowInactive, true)
      .annotate(OpenApi.Summary, "Make an organization, as its owner")
      .annotate(
        OpenApi.Description,
        "Where the platform lets people do so (`organizations.self_service`), and for platform administrators always."
      ),
    HttpApiEndpoint.post("transferOwnership", "/current/owner", {
      payload: Schema.Struct({ to: UserId, keep: Schema.optionalKey(RoleKey) }),
      success: Member,
      error: [NotFound, Conflict, InvalidInput]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.transfer))
      .annotate(OpenApi.Summary, "Hand the organization on to another member")
      .annotate(OpenApi.Description, "They become owner; the caller stays with the role `keep`, `admin` if absent."),
    HttpApiEndpoint.get("exportCurrent", "/current/export", {
      success: HttpApiSchema.StreamUint8Array()
    })
      .annotate(Permissions.Access, Permissions.require(permissions.export))
      .annotate(OpenApi.Summary, "All data of the organization")
      .annotate(
        OpenApi.Description,
        "One JSON object on each line (`application/x-ndjson`): `{\"table\": ..., \"row\": {...}}`. Ids are UUIDs, " +
          "instants epoch milliseconds, JSON is the text it is stored as. The last line is `{\"complete\": true}`."
      ),
    HttpApiEndpoint.get("deletion", "/current/deletion", {
      success: Deletion,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.delete))
      .annotate(OpenApi.Summary, "The deletion of the organization, if one was asked for"),
    HttpApiEndpoint.post("requestDeletion", "/current/deletion", {
      payload: Schema.Struct({
        confirm: Schema.String.check(Schema.isMaxLength(63)).annotate({
          description: "The organization's address (slug), so that nobody deletes one by mistake."
        }),
        reason: Schema.optionalKey(Schema.Trim.check(Schema.isBetweenLength(1, 500)))
      }),
      success: Deletion.pipe(HttpApiSchema.status(201)),
      error: [Conflict, InvalidInput]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.delete))
      .annotate(Permissions.AllowInactive, true)
      .annotate(OpenApi.Summary, "Delete the organization after the grace period")
      .annotate(
        OpenApi.Description,
        "It is cancelled at once: everything can be read and exported, nothing is sent. When the grace period has ended " +
          "its data is erased for good; the audit log stays, without what tells of people."
      ),
    HttpApiEndpoint.delete("cancelDeletion", "/current/deletion", {
      success: Deletion,
      error: [NotFound, Conflict]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.delete))
      .annotate(Permissions.AllowInactive, true)
      .annotate(OpenApi.Summary, "Call the deletion off")
  )
  .middleware(Authentication)
  .prefix("/v1/organizations")
  .annotateMerge(OpenApi.annotations({ title: "Organizations", description: "The caller's organizations." }))
{}

/**
 * What anybody may know of an organization.
 *
 * @category api
 * @since 0.1.0
 */
export class PublicOrganizationsApi extends HttpApiGroup.make("publicOrganizations")
  .add(
    HttpApiEndpoint.get("bySlug", "/organizations/:slug", {
      params: { slug: Schema.String.check(Schema.isMaxLength(63)) },
      success: PublicOrganization,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "How an organization looks, by its address")
      .annotate(OpenApi.Description, "For the sign-in page at its subdomain."),
    HttpApiEndpoint.get("atThisAddress", "/organization", {
      success: PublicOrganization,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "How the organization looks whose address was asked")
      .annotate(
        OpenApi.Description,
        "Below the domain that organizations have addresses of (`WICARA_ORGANIZATIONS_DOMAIN`), `acme.chat.example.com` is " +
          "the address of the organization `acme`. Who signs in there signs in to it, and a credential of another " +
          "organization is refused. At the server's own address nobody is found."
      )
  )
  .prefix("/v1/public")
  .annotateMerge(OpenApi.annotations({ title: "Public", description: "What anybody may know of an organization." }))
{}
