import { describe, layer } from "@effect/vitest"
import { Layer } from "effect"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as ChannelKit from "@wicara/testing/testkit/channel/ChannelKit"
import { WidgetFeed } from "../src/WidgetFeed.ts"
import { layerStore } from "./harness.ts"
import { subject } from "./kit.ts"

describe.each(TestDatabase.all)("the widget on $name", (database) => {
  const services = WidgetFeed.layerWith({ pollInterval: "1 hour" }).pipe(Layer.provideMerge(layerStore(database.layer)))

  layer(services, { excludeTestServices: true })((it) => {
    ChannelKit.suite(it, subject)

    it.effect(
      "sends no message twice through any sequence of faults, by what is stored",
      () => ChannelKit.sequences(subject, { sequences: Math.ceil(ChannelKit.faultSequences / 5), seed: "2026" }),
      1_200_000
    )
  })
})
