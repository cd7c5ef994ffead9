import { AgentProfiles } from "@wicara/core/AgentProfiles"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Audit } from "@wicara/core/Audit"
import { AuthenticationEvents } from "@wicara/core/AuthenticationEvents"
import { module } from "@wicara/core/CoreModule"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as EventLog from "@wicara/core/EventLog"
import * as Events from "@wicara/core/Events"
import { Jobs } from "@wicara/core/Jobs"
import { Mail } from "@wicara/core/Mail"
import { MasterKeys } from "@wicara/core/MasterKeys"
import { Memberships } from "@wicara/core/Memberships"
import * as Migrations from "@wicara/core/Migrations"
import * as Module from "@wicara/core/Module"
import { ModuleRegistry } from "@wicara/core/Module"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { Organizations } from "@wicara/core/Organizations"
import { Passwords } from "@wicara/core/Passwords"
import { PermissionGroups } from "@wicara/core/PermissionGroups"
import * as Permissions from "@wicara/core/Permissions"
import { RequestLog } from "@wicara/core/RequestLog"
import { RateLimits } from "@wicara/core/RateLimits"
import { RateLimitStore } from "@wicara/core/RateLimitStore"
import { PermissionRegistry, Roles } from "@wicara/core/Roles"
import { Secrets } from "@wicara/core/Secrets"
import { Sessions } from "@wicara/core/Sessions"
import { Signals } from "@wicara/core/Signals"
import { RoleAssignments } from "@wicara/core/RoleAssignments"
import { layer, layerAccess, layerOrganizations, layerSignIn } from "@wicara/core/sql/layer"
import { migrations } from "@wicara/core/sql/migrations"
import { Teams } from "@wicara/core/Teams"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { WebAuthn } from "@wicara/core/WebAuthn"
import type { TestDatabase } from "@wicara/testing/TestDatabase"
import { Context, Effect, Layer, Redacted } from "effect"

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
  Permissions.define("bots", { read: "Read", write: "Change" }),
  Permissions.define("campaigns", { read: "Read", execute: "Send" }),
  Permissions.define("channels", { read: "Read", write: "Connect" }),
  Permissions.define("contacts", {
    read: "Read",
    write: "Change",
    delete: "Delete",
    import: "Import",
    export: "Export"
  }, { group: "service" }),
  Permissions.define("conversations", {
    read: "Read",
    reply: "Reply",
    assign: "Assign",
    delete: "Delete",
    export: "Export"
  }, { group: "service", scopes: ["team", "channel", "own"] }),
  Permissions.define("knowledge", { read: "Read", write: "Change" })
]

/** This package as a server would have it, beside others. */
export const modules = Layer.orDie(ModuleRegistry.layer([
  module,
  Module.make({ id: "other", name: "Other", description: "Another package.", permissions: otherPermissions })
]))

/** The queue of jobs, which nobody works on. */
const jobs = Jobs.layerSql.pipe(Layer.orDie)

/** All services of one process on a migrated database, with rate limits wherever they are shared. */
export const coreSharing = Layer.merge(layerSignIn, layerOrganizations).pipe(
  Layer.provideMerge(layer),
  Layer.provideMerge(Layer.mergeAll(modules, Mail.layerTest, jobs)),
  Layer.provide(Layer.merge(MasterKeys.layerTest, WebAuthn.layerNone))
)

/** All services of one process on a migrated database. */
export const core = coreSharing.pipe(Layer.provide(RateLimitStore.layerSql))

/** What was queued, as text. */
export class Queued extends Context.Service<Queued, Array<{ readonly name: string; readonly payload: unknown }>>()(
  "test/Queued"
) {}

/** A queue without the loops of the real one, which would run on when a test moves the clock by days. */
const layerQueued = Layer.effectContext(Effect.sync(() => {
  const queued: Queued["Service"] = []
  const jobs = Jobs.of({
    enqueue: () => Effect.die(new Error("Nothing queues for an organization here")),
    enqueueSystem: (definition, payload) =>
      Effect.sync(() => {
        queued.push({ name: definition.name, payload })
        return String(queued.length)
      }),
    encode: () => Effect.die(new Error("Nothing is queued later here")),
    take: () => Effect.never,
    cleanup: Effect.void
  })
  return Context.make(Queued, queued).pipe(Context.add(Jobs, jobs))
}))

/** Organizations, users, sign-in and keys, without background loops: for tests that move the clock by days. */
export const identityWith = (passwords: Layer.Layer<Passwords>) =>
  layerSignIn.pipe(
    Layer.provideMerge(
      Layer.mergeAll(Sessions.layerSql, ApiKeys.layerSql, Secrets.layerSql, RateLimits.layerSql, RequestLog.layerSql)
    ),
    Layer.provideMerge(Layer.mergeAll(Memberships.layerSql, Organizations.layerSql)),
    Layer.provideMerge(layerAccess),
    Layer.provideMerge(
      Layer.mergeAll(Users.layerSql, Events.Events.layerSql, Audit.layerSql, AuthenticationEvents.layerSql)
    ),
    Layer.provideMerge(Layer.mergeAll(passwords, Roles.layer, Signals.layer, Mail.layerTest, layerQueued)),
    Layer.provideMerge(PermissionRegistry.layer(otherPermissions)),
    Layer.provide(Layer.merge(MasterKeys.layerTest, WebAuthn.layerNone))
  )

export const identity = identityWith(Passwords.layer)

/** Access control too. */
export const access = Layer.mergeAll(
  OrganizationRoles.layer,
  PermissionGroups.layer,
  RoleAssignments.layer,
  AgentProfiles.layerSql,
  Teams.layerSql
).pipe(Layer.provideMerge(identity))

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
