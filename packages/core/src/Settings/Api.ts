/**
 * The organization's settings and feature switches.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { settings as permissions } from "../CorePermissions.ts"
import * as Permissions from "../Permissions.ts"
import { Forbidden, InvalidInput, NotFound } from "../Problem.ts"
import { SettingValue } from "../SettingValue.ts"

/**
 * A setting's name in a path.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SettingKey = Schema.String.check(Schema.isMaxLength(120)).annotate({ examples: ["invitations.days"] })

/**
 * @category api
 * @since 0.1.0
 */
export class SettingsApi extends HttpApiGroup.make("settings")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ data: Schema.Array(SettingValue) })
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The settings, with the values that hold"),
    HttpApiEndpoint.get("get", "/:key", {
      params: { key: SettingKey },
      success: SettingValue,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A setting"),
    HttpApiEndpoint.put("set", "/:key", {
      params: { key: SettingKey },
      payload: Schema.Struct({ value: Schema.Json }),
      success: SettingValue,
      error: [NotFound, InvalidInput, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Give a setting a value of the organization's own")
      .annotate(
        OpenApi.Description,
        "What `scope` calls `platform-per-organization` is for platform administrators, acting in the organization."
      ),
    HttpApiEndpoint.delete("reset", "/:key", {
      params: { key: SettingKey },
      success: SettingValue,
      error: [NotFound, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Take the organization's own value away: the platform's holds again")
  )
  .middleware(Authentication)
  .prefix("/v1/settings")
  .annotateMerge(OpenApi.annotations({ title: "Settings", description: "What the organization chooses for itself." }))
{}
