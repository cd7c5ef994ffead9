/**
 * The modules that the organization uses.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { settings as permissions } from "../CorePermissions.ts"
import { ModuleState } from "../ModuleState.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, NotFound, NotInPlan } from "../Problem.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class ModulesApi extends HttpApiGroup.make("modules")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ data: Schema.Array(ModuleState) })
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What this server is made of, and what the organization uses of it"),
    HttpApiEndpoint.put("set", "/:module", {
      params: { module: Schema.String.check(Schema.isMaxLength(63)) },
      payload: Schema.Struct({ enabled: Schema.Boolean }),
      success: ModuleState,
      error: [NotFound, Conflict, NotInPlan]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Switch a module on or off")
      .annotate(OpenApi.Description, "What it stored stays; its endpoints answer `module-disabled` while it is off.")
  )
  .middleware(Authentication)
  .prefix("/v1/modules")
  .annotateMerge(OpenApi.annotations({ title: "Modules", description: "The parts that an organization uses." }))
{}
