import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Organizations } from "@wicara/core/Organizations"
import { module as coreModule } from "@wicara/core/CoreModule"
import * as Module from "@wicara/core/Module"
import { Signals } from "@wicara/core/Signals"
import * as CoreSql from "@wicara/core/sql/layer"
import { Jobs } from "@wicara/core/Jobs"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { MailLog } from "@wicara/notifications/MailLog"
import { layerMail, MailQueue } from "@wicara/notifications/MailQueue"
import { MailSender } from "@wicara/notifications/MailSender"
import { MailTemplates } from "@wicara/notifications/MailTemplates"
import type { MailTransport } from "@wicara/notifications/MailTransport"
import { module } from "@wicara/notifications/module"
import { migrations } from "@wicara/notifications/sql/migrations"
import * as SmtpTransport from "@wicara/notifications/SmtpTransport"
import { Effect, Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql"
import * as Smtp from "./SmtpCounterpart.ts"

export const from = { name: "Wicara", address: "no-reply@wicara.example" }

/** The transport to the counterpart. */
export const transportTo = (port: number, options: Partial<SmtpTransport.SmtpOptions> = {}) =>
  SmtpTransport.layer({ url: Redacted.make(`smtp://127.0.0.1:${port}`), from, timeout: "2 seconds", ...options })

export const layerSmtp = Layer.unwrap(Effect.map(Smtp.SmtpCounterpart, ({ port }) => transportTo(port))).pipe(
  Layer.provideMerge(Smtp.layer())
)

export const core = <E, R>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
  others: ReadonlyArray<Module.Module> = []
) =>
  CoreSql.layerSql.pipe(
    Layer.provideMerge(Module.ModuleRegistry.layer([coreModule, module, ...others])),
    Layer.provideMerge(Jobs.layerSql),
    Layer.provideMerge(Signals.layer),
    Layer.provide(MasterKeys.layerTest),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database)
  )

/** Mail on a database, through a transport. */
export const layer = <E, R, A2, E2, R2>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
  transport: Layer.Layer<MailTransport | A2, E2, R2>
) =>
  Layer.mergeAll(layerMail, MailSender.layer(), MailLog.layerSql).pipe(
    Layer.provideMerge(Layer.mergeAll(MailQueue.layerSql, MailTemplates.layerSql)),
    Layer.provideMerge(transport),
    Layer.provideMerge(core(database))
  )

let counter = 0

/** An organization with its owner. */
export const newTenant = Effect.gen(function*() {
  const n = ++counter
  const users = yield* Users
  const organizations = yield* Organizations
  const owner = yield* users.create({ email: `owner${n}@example.com`, name: `Owner ${n}` })
  const organization = yield* organizations.create({ name: `Company ${n}` }, owner.id).pipe(
    Effect.provideService(CurrentActor, systemActor("test"))
  )
  return { owner, organization }
}).pipe(Effect.orDie)

export const within = (id: OrganizationId, userId?: UserId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(
      CurrentActor,
      userId === undefined
        ? systemActor("test")
        : { actor: { _tag: "User", id: userId }, permissions: new Set(["*"]) } as never
    )
  )
