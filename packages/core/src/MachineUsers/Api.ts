/**
 * Machine users: members that are no people. Their role, their being suspended and their end are those of any member.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ApiKey, CreatedApiKey, NewMachineKey } from "../ApiKey.ts"
import { Authentication } from "../Authentication.ts"
import { apiKeys, members } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import { MachineUserId, NewMachineUser } from "../MachineUser.ts"
import { Member } from "../Membership.ts"
import * as Permissions from "../Permissions.ts"
import { InvalidInput, NotFound } from "../Problem.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class MachineUsersApi extends HttpApiGroup.make("machineUsers")
  .add(
    HttpApiEndpoint.post("create", "/", {
      payload: NewMachineUser,
      success: Member.pipe(HttpApiSchema.status(201)),
      error: InvalidInput
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(members.write))
      .annotate(OpenApi.Summary, "Add a machine user")
      .annotate(
        OpenApi.Description,
        "A member of `kind` `machine`: it has a role, may be given more, is suspended, resumed and removed as other " +
          "members are, and nobody signs in as it. It stays when who made it leaves."
      ),
    HttpApiEndpoint.get("listKeys", "/:machineUserId/api-keys", {
      params: { machineUserId: MachineUserId },
      success: Schema.Struct({ data: Schema.Array(ApiKey) }),
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(apiKeys.read))
      .annotate(OpenApi.Summary, "A machine user's API keys, the newest first"),
    HttpApiEndpoint.post("createKey", "/:machineUserId/api-keys", {
      params: { machineUserId: MachineUserId },
      payload: NewMachineKey,
      success: CreatedApiKey.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput]
    })
      .annotate(Permissions.Access, Permissions.require(apiKeys.machine))
      .annotate(OpenApi.Summary, "Create an API key of a machine user, which is shown this once")
  )
  .middleware(Authentication)
  .prefix("/v1/machine-users")
  .annotateMerge(OpenApi.annotations({ title: "Machine users", description: "Members that are no people." }))
{}
