/**
 * A setting as its organization sees it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * Who chooses the value: each organization for itself, the platform for each organization (what a plan includes), or
 * the platform once for the whole server.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SettingScope = Schema.Literals(["organization", "platform-per-organization", "platform"])
/** @since 0.1.0 */
export type SettingScope = typeof SettingScope.Type

/**
 * A setting with the value that holds, and where that comes from.
 *
 * @category models
 * @since 0.1.0
 */
export class SettingValue extends Schema.Class<SettingValue>("SettingValue")({
  key: Schema.String,
  kind: Schema.Literals(["setting", "feature"]),
  scope: SettingScope,
  description: Schema.String,
  value: Schema.Json,
  default: Schema.Json,
  source: Schema.Literals(["organization", "platform", "default"]),
  schema: Schema.Json.annotate({ description: "The JSON Schema of its values." })
}, { description: "A setting with the value that holds." }) {}
