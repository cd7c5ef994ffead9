/** Handlers of `SurveysApi`. */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Surveys } from "../Surveys.ts"
import { SurveysApi } from "./Api.ts"

export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(SurveysApi),
  "satisfaction",
  Effect.fnUntraced(function*(handlers) {
    const surveys = yield* Surveys
    return handlers.handleAll({
      list: () => Effect.map(surveys.list, (data) => ({ data })),
      summary: () => surveys.summary,
      answer: ({ params, payload }) => surveys.answer(params.conversationId, payload)
    })
  })
)
