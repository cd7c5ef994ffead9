import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { NewKnowledgeItem } from "@wicara/knowledge/KnowledgeItem"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import { Effect, Layer, ManagedRuntime, Schema } from "effect"
import express from "express"
import type { Express, Request } from "express"
import * as MemoryKnowledge from "./MemoryKnowledge.ts"

/** The shops of this application, and which organization each is. */
const shops = new Map([
  ["books", OrganizationId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10")],
  ["bikes", OrganizationId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b11")]
])

/** What `@wicara/knowledge` asks of its surroundings: a storage, and somewhere for its events and audit records to go. */
const services = Layer.mergeAll(KnowledgeItems.layer, KnowledgeSearch.layer).pipe(
  Layer.provide(MemoryKnowledge.layer),
  Layer.provide(Layer.mock(Events, { append: () => Effect.void })),
  Layer.provide(Layer.mock(Audit, { record: ({ action, target }) => Effect.logDebug(action, target.id) }))
)

export const make = (): { readonly app: Express; readonly close: () => Promise<void> } => {
  const runtime = ManagedRuntime.make(services)
  const run = <A, E>(
    request: Request,
    effect: Effect.Effect<A, E, KnowledgeItems | KnowledgeSearch | CurrentOrganization | CurrentActor>
  ) => {
    const id = shops.get(request.header("x-shop") ?? "")
    if (id === undefined) return Promise.reject(Object.assign(new Error("Unknown shop"), { status: 401 }))
    return runtime.runPromise(effect.pipe(
      Effect.provideService(CurrentOrganization, { id }),
      Effect.provideService(CurrentActor, systemActor("shop"))
    ))
  }

  const app = express().use(express.json())
  app.post("/articles", async (request, response) => {
    const item = await run(
      request,
      Schema.decodeUnknownEffect(NewKnowledgeItem)(request.body).pipe(
        Effect.mapError((error) => Object.assign(new Error(error.message), { status: 400 })),
        Effect.flatMap((input) => KnowledgeItems.use((items) => items.create(input)))
      )
    )
    response.status(201).json({ id: item.id, version: item.version })
  })
  app.get("/answers", async (request, response) => {
    const text = String(request.query["q"])
    const hits = await run(request, KnowledgeSearch.use((search) => search.search({ text, limit: 3 })))
    response.json(hits.map(({ coverage, text, title, version }) => ({ title, text, version, coverage })))
  })
  return { app, close: () => runtime.dispose() }
}
