import { ApiKeys } from "@wicara/core/ApiKeys"
import { Audit } from "@wicara/core/Audit"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as EventLog from "@wicara/core/EventLog"
import * as Events from "@wicara/core/Events"
import { MasterKeys } from "@wicara/core/MasterKeys"
import { Memberships } from "@wicara/core/Memberships"
import * as Migrations from "@wicara/core/Migrations"
import { Organizations } from "@wicara/core/Organizations"
import { Passwords } from "@wicara/core/Passwords"
import * as Permissions from "@wicara/core/Permissions"
import { PermissionRegistry, Roles } from "@wicara/core/Roles"
import { Sessions } from "@wicara/core/Sessions"
import { Signals } from "@wicara/core/Signals"
import { layerSql } from "@wicara/core/sql/layer"
import { migrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import type { TestDatabase } from "@wicara/testing/TestDatabase"
import { Effect, Layer, Redacted } from "effect"

/** A migrated, empty database. */
export const migrated = (database: TestDatabase) =>
  Layer.effectDiscard(Migrations.run([migrations])).pipe(Layer.orDie, Layer.provideMerge(database.layer))

/** One process's event services on a database. */
export const events = EventConsumers.EventConsumers.layerSql.pipe(
  Layer.provideMerge(EventLog.EventLog.layerSql),
  Layer.provideMerge(Events.Events.layerSql),
  Layer.provideMerge(Signals.layer)
)

/** Permissions of other packages, as a server would collect them. */
export const otherPermissions = [
  Permissions.define("ai", { read: "See models", write: "Configure models" }),
  Permissions.define("analytics", { read: "Read", export: "Export" }),
  Permissions.define("billing", { read: "Read", update: "Pay" }),
  Permissions.define("bot", { read: "Read", write: "Change" }),
  Permissions.define("campaigns", { read: "Read", execute: "Send" }),
  Permissions.define("channels", { read: "Read", write: "Connect" }),
  Permissions.define("contacts", {
    read: "Read",
    write: "Change",
    delete: "Delete",
    import: "Import",
    export: "Export"
  }),
  Permissions.define("conversation", {
    read: "Read",
    reply: "Reply",
    assign: "Assign",
    delete: "Delete",
    export: "Export"
  }),
  Permissions.define("knowledge", { read: "Read", write: "Change" })
]

/** All services of one process on a migrated database. */
export const core = layerSql.pipe(
  Layer.provideMerge(PermissionRegistry.layer(otherPermissions)),
  Layer.provide(MasterKeys.layerTest)
)

/** Organizations, users, sessions and keys, without the loop of the event log: for tests that move the clock by days. */
export const identity = Layer.mergeAll(Sessions.layerSql, ApiKeys.layerSql).pipe(
  Layer.provideMerge(Layer.mergeAll(Memberships.layerSql, Organizations.layerSql)),
  Layer.provideMerge(Layer.mergeAll(Users.layerSql, Events.Events.layerSql, Audit.layerSql)),
  Layer.provideMerge(Layer.mergeAll(Passwords.layer, Roles.layer, Signals.layer)),
  Layer.provideMerge(PermissionRegistry.layer(otherPermissions))
)

let counter = 0

/** An organization with an owner who has a password. */
export const newTenant = Effect.gen(function*() {
  const n = ++counter
  const users = yield* Users
  const organizations = yield* Organizations
  const email = `owner${n}@example.com`
  const owner = yield* users.create({ email, name: `Owner ${n}`, password: Redacted.make(password) })
  const organization = yield* organizations.create({ name: `Company ${n}` }, owner.id).pipe(
    Effect.provideService(CurrentActor, systemActor("test"))
  )
  return { owner, organization, email }
}).pipe(Effect.orDie)

export const password = "correct horse battery"

/** Acts as a member with a role. */
export const as =
  (organizationId: OrganizationId, userId: UserId, role: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const roles = yield* Roles
      return yield* effect.pipe(
        Effect.provideService(CurrentOrganization, { id: organizationId }),
        Effect.provideService(CurrentActor, {
          actor: { _tag: "User", id: userId },
          permissions: roles.permissions(role)
        })
      )
    })
