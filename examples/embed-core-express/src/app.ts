import { SqliteClient } from "@effect/sql-sqlite-node"
import { module } from "@wicara/core/CoreModule"
import { MasterKeys } from "@wicara/core/MasterKeys"
import { Memberships } from "@wicara/core/Memberships"
import * as Migrations from "@wicara/core/Migrations"
import { ModuleRegistry } from "@wicara/core/Module"
import { Organizations } from "@wicara/core/Organizations"
import { Unauthorized } from "@wicara/core/Problem"
import { Sessions } from "@wicara/core/Sessions"
import { layerSql } from "@wicara/core/sql/layer"
import { migrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Effect, Layer, ManagedRuntime, Option, Predicate, Redacted } from "effect"
import express from "express"
import type { ErrorRequestHandler, Express } from "express"

const services = layerSql.pipe(
  Layer.provideMerge([ModuleRegistry.layer([module]), MasterKeys.layerTest]),
  Layer.provideMerge(Layer.effectDiscard(Migrations.run([migrations]))),
  Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" }))
)

const acting = Effect.provideService(CurrentActor, systemActor("shop"))

/** A problem of core's says itself which status it has. */
const problems: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const status = Predicate.hasProperty(error, "status") ? Number(error.status) : 500
  response.status(status).json({ status })
}

export const make = (): { readonly app: Express; readonly close: () => Promise<void> } => {
  const runtime = ManagedRuntime.make(services)
  const app = express().use(express.json())
  app.post("/shops", async (request, response) => {
    const { email, name, password } = request.body as Record<string, string>
    const shop = await runtime.runPromise(acting(Effect.gen(function*() {
      const users = yield* Users
      const organizations = yield* Organizations
      const sessions = yield* Sessions
      const owner = yield* users.create({
        email: String(email),
        name: String(name),
        password: Redacted.make(String(password))
      })
      const { id } = yield* organizations.create({ name: String(name), slug: String(name).toLowerCase() }, owner.id)
      return yield* sessions.switchTo(owner.id, id)
    })))
    response.status(201).json({ token: shop.token })
  })
  app.get("/members", async (request, response) => {
    const token = (request.header("authorization") ?? "").replace("Bearer ", "")
    const members = await runtime.runPromise(Effect.gen(function*() {
      const session = yield* Sessions.use((sessions) => sessions.verify(token))
      if (Option.isNone(session)) return yield* new Unauthorized({})
      const { organizationId } = session.value
      return yield* Memberships.use((memberships) => memberships.list({})).pipe(
        Effect.provideService(CurrentOrganization, { id: organizationId }),
        acting
      )
    }))
    response.json(members.data.map(({ email, role }) => ({ email, role })))
  })
  return { app: app.use(problems), close: () => runtime.dispose() }
}
