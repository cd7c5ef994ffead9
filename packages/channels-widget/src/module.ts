/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { details } from "./ProblemDetails.ts"
import { WidgetApi } from "./Widget/Api.ts"
import { problems } from "./problems.ts"
import { texts } from "./WidgetTexts.ts"
import { migrations } from "./sql/migrations.ts"
import { titles } from "./ProblemTitles.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "channels-widget",
  name: "Web widget",
  description: "The chat on the organization's own sites.",
  requires: ["channels", "files"],
  migrations: [migrations],
  messages: [details, texts, titles],
  groups: [WidgetApi],
  problems,
  data: [
    TenantData.table("widget_visitors"),
    TenantData.table("widget_messages"),
    TenantData.internal("widget_sign_outs")
  ]
})
