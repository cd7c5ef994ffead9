import { describe, it } from "@effect/vitest"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as ChannelScenarios from "@wicara/testing/testkit/channel/ChannelScenarios"
import { pipeline } from "./pipeline.ts"

describe.each(TestDatabase.all)("conversations on $name", (database) => {
  it.effect.each(ChannelScenarios.all.map((one) => [`${one.complaint}: ${one.title}`, one] as const))(
    "stand complaint %s",
    ([, scenario]) => ChannelScenarios.play(scenario, pipeline(database.layer)),
    60_000
  )
})
