import { SqliteClient } from "@effect/sql-sqlite-node"
import { Audit } from "@wicara/core/Audit"
import { module } from "@wicara/core/CoreModule"
import { MasterKeys } from "@wicara/core/MasterKeys"
import { Memberships } from "@wicara/core/Memberships"
import * as Migrations from "@wicara/core/Migrations"
import { ModuleRegistry } from "@wicara/core/Module"
import { Organizations } from "@wicara/core/Organizations"
import { layerSql } from "@wicara/core/sql/layer"
import { migrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Effect, Layer } from "effect"

/** The services over a database of this program's own. */
export const services = (filename: string) =>
  layerSql.pipe(
    Layer.provideMerge([ModuleRegistry.layer([module]), MasterKeys.layerTest]),
    Layer.provideMerge(Layer.effectDiscard(Migrations.run([migrations]))),
    Layer.provideMerge(SqliteClient.layer({ filename }))
  )

const acting = Effect.provideService(CurrentActor, systemActor("workshops"))

const within = (id: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  acting(Effect.provideService(effect, CurrentOrganization, { id }))

/** Opens a workshop with its owner. */
export const open = Effect.fn("Workshops.open")(function*(name: string, email: string) {
  const owner = yield* Users.use((users) => users.create({ email, name: email }))
  const slug = name.toLowerCase().replaceAll(/\W+/g, "-")
  const { id } = yield* Organizations.use((organizations) => organizations.create({ name, slug }, owner.id))
  return { id, ownerId: owner.id }
}, acting)

/** Lets somebody work there. */
export const hire = (workshop: OrganizationId, email: string) =>
  Effect.gen(function*() {
    const user = yield* Users.use((users) => users.create({ email, name: email }))
    yield* Memberships.use((memberships) => memberships.add({ email, role: "agent" }))
    return user.id
  }).pipe(within(workshop))

/** Ends it. */
export const dismiss = (workshop: OrganizationId, userId: UserId) =>
  Memberships.use((memberships) => memberships.remove(userId)).pipe(within(workshop))

/** What was done in the workshop, the newest first. */
export const history = (workshop: OrganizationId) =>
  Audit.use((audit) => audit.list({})).pipe(
    Effect.map(({ data }) => data.map(({ action }) => action)),
    within(workshop)
  )
