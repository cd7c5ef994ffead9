/** The add-on: `WICARA_ADDONS=@wicara/example-addon-satisfaction`. */
import { ConversationResolved } from "@wicara/conversations/events"
import * as Addon from "@wicara/core/Addon"
import * as Events from "@wicara/core/Events"
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { Effect } from "effect"
import { answered, migrations, permissions, scale } from "./declarations.ts"
import { Surveys } from "./Surveys.ts"
import { SurveysApi } from "./Surveys/Api.ts"
import * as SurveysHttp from "./Surveys/Http.ts"

export const addon = Addon.make({
  wicara: "^0.1.0",
  module: Module.make({
    id: "satisfaction",
    name: "Satisfaction",
    description: "Asks how a conversation was.",
    version: "1.0.0",
    requires: ["conversations"],
    optional: { enabledByDefault: false },
    migrations: [migrations],
    permissions: [permissions],
    events: [answered],
    settings: [scale],
    groups: [SurveysApi],
    data: [TenantData.table("satisfaction_surveys")]
  }),
  services: Surveys.layerSql,
  handlers: SurveysHttp.layer,
  consumers: [{
    name: "satisfaction.surveys",
    types: [ConversationResolved.type],
    handle: Effect.fnUntraced(function*(event) {
      const surveys = yield* Surveys
      const payload = yield* Events.payload(ConversationResolved, event)
      yield* surveys.open(payload.conversationId)
    })
  }]
})
