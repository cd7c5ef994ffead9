/**
 * `wicara org`: organizations.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import { Deletions } from "@wicara/core/Deletions"
import { Instant } from "@wicara/core/Instant"
import { NewOrganization } from "@wicara/core/Organization"
import { Organizations } from "@wicara/core/Organizations"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { TenantData } from "@wicara/core/TenantData"
import * as Trials from "@wicara/core/Trials"
import { DateTime, Effect, FileSystem, Option, Redacted, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { input, named } from "../Input.ts"
import { actor, org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { findOrCreateUser } from "../Users.ts"
import { withServices } from "../WithServices.ts"

const create = Command.make("create", {
  name: Flag.String("name").pipe(Flag.withDescription("What people call it")),
  slug: Flag.String("slug").pipe(Flag.withDescription("Its address part; made from the name if absent"), Flag.optional),
  timezone: Flag.String("timezone").pipe(Flag.withDescription("An IANA time zone"), Flag.optional),
  locale: Flag.String("locale").pipe(Flag.withDescription("A BCP 47 language tag"), Flag.optional),
  owner: Flag.String("owner").pipe(Flag.withDescription("The first owner's e-mail address")),
  ownerName: Flag.String("owner-name").pipe(Flag.withDescription("The first owner's name"), Flag.optional),
  ownerPassword: Flag.Redacted("owner-password").pipe(
    Flag.withDescription("Made and shown once if absent and the user is new"),
    Flag.optional
  )
}, (flags) =>
  withServices(Effect.gen(function*() {
    const organizations = yield* Organizations
    const organization = yield* input(NewOrganization, {
      name: flags.name,
      ...Option.match(flags.slug, { onNone: () => ({}), onSome: (slug) => ({ slug }) }),
      ...Option.match(flags.timezone, { onNone: () => ({}), onSome: (timezone) => ({ timezone }) }),
      ...Option.match(flags.locale, { onNone: () => ({}), onSome: (locale) => ({ locale }) })
    })
    const owner = yield* findOrCreateUser(
      { email: flags.owner, name: flags.ownerName, password: flags.ownerPassword },
      { email: "--owner", name: "--owner-name", password: "--owner-password" }
    )
    const created = yield* organizations.create(organization, owner.user.id).pipe(
      Effect.provideService(CurrentActor, actor)
    )
    yield* Output.result({
      id: created.id,
      slug: created.slug,
      name: created.name,
      owner: owner.user.email,
      ...(Option.isSome(owner.madePassword) ? { ownerPassword: Redacted.value(owner.madePassword.value) } : {})
    }, [
      `Created ${created.name} (${created.slug}), id ${created.id}`,
      `Owner: ${owner.user.email}`,
      ...(Option.isSome(owner.madePassword)
        ? [`Password (shown once): ${Redacted.value(owner.madePassword.value)}`]
        : [])
    ])
  }))).pipe(
    Command.withDescription("Create an organization with its first owner"),
    Command.withExamples([{
      command: "wicara org create --name \"Acme Internet\" --owner ana@acme.example",
      description: "Create an organization; the owner's password is made and shown once"
    }])
  )

const list = Command.make("list", {}, () =>
  withServices(Effect.gen(function*() {
    const organizations = yield* Organizations
    const page = yield* organizations.list({ limit: 200 })
    yield* Output.result(
      page.data.map(({ id, name, slug, status }) => ({ id, slug, name, status })),
      Output.table(["SLUG", "NAME", "STATUS", "ID"], page.data.map((one) => [one.slug, one.name, one.status, one.id]))
    )
  }))).pipe(Command.withDescription("List the organizations of this server"))

/** Neither made active nor tried out while it is about to be erased. */
const notCancelled = Effect.fnUntraced(function*(slug: string) {
  const { status } = yield* Organizations.use((organizations) => organizations.current)
  if (status !== "cancelled") return
  return yield* Output.fail(`The deletion of ${slug} is scheduled: wicara org undelete calls it off`)
})

const reason = Flag.String("reason").pipe(Flag.withDescription("Told by the organization's audit log"))

const statusOf = (name: string, status: "active" | "suspended", description: string) =>
  Command.make(name, {
    org,
    reason
  }, (flags) =>
    withServices(
      Effect.gen(function*() {
        yield* notCancelled(flags.org)
        const after = yield* Organizations.use((organizations) =>
          organizations.setStatus(status, { reason: flags.reason, trialEndsAt: null })
        )
        yield* Output.result({ slug: after.slug, status: after.status }, [`${after.slug} is ${after.status}`])
      }).pipe(within(flags.org))
    )).pipe(Command.withDescription(description))

const trial = Command.make("trial", {
  org,
  until: Flag.String("until").pipe(Flag.withDescription("When it ends (RFC 3339)"), Flag.optional),
  days: Flag.Int("days").pipe(
    Flag.withDescription("How many days from now it ends; organizations.trial_days if absent"),
    Flag.optional
  ),
  reason
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      if (Option.isSome(flags.until) && Option.isSome(flags.days)) {
        return yield* Output.wrongUsage("--until and --days both say when it ends")
      }
      yield* notCancelled(flags.org)
      const now = yield* DateTime.now
      const asked = Option.isSome(flags.until)
        ? yield* named("--until", Instant, flags.until.value)
        : Option.getOrUndefined(Option.map(flags.days, (days) => DateTime.add(now, { days })))
      const trialEndsAt = yield* Trials.endOf(asked).pipe(
        Effect.mapError(({ detail }) =>
          Output.wrongUsage(`${Option.isSome(flags.days) ? "--days" : "--until"}: ${detail}`)
        )
      )
      const { slug, status } = yield* Organizations.use((organizations) =>
        organizations.setStatus("trial", { reason: flags.reason, trialEndsAt })
      )
      const ends = DateTime.formatIso(trialEndsAt)
      yield* Output.result({ slug, status, trialEndsAt: ends }, [`${slug} is a trial until ${ends}`])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Let an organization try the server out until a time, or longer"),
    Command.withExamples([{
      command: "wicara org trial --org acme --days 30 --reason \"They need longer\"",
      description: "Let the trial end in 30 days"
    }])
  )

const remove = Command.make("delete", {
  org,
  confirm: Flag.String("confirm").pipe(Flag.withDescription("The slug once more")),
  reason: Flag.String("reason").pipe(Flag.optional)
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const deletions = yield* Deletions
      const deletion = yield* deletions.request({
        confirm: flags.confirm,
        reason: Option.getOrUndefined(flags.reason)
      })
      const dueAt = DateTime.formatIso(deletion.dueAt)
      yield* Output.result({ id: deletion.id, state: deletion.state, dueAt }, [
        `${flags.org} is cancelled; its data is erased from ${dueAt} on`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Delete an organization with all its data after the grace period"))

const undelete = Command.make("undelete", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const deletions = yield* Deletions
      yield* deletions.cancel
      const { slug, status } = yield* Organizations.use((organizations) => organizations.current)
      yield* Output.result({ slug, status }, [`The deletion of ${slug} is called off; it is ${status}`])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Call a scheduled deletion off"))

const exportAll = Command.make("export", {
  org,
  output: Flag.String("output").pipe(Flag.withAlias("o"), Flag.withDescription("The file to write, one JSON a line"))
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const data = yield* TenantData
      const { id } = yield* CurrentOrganization
      const encoder = new TextEncoder()
      let rows = 0
      yield* data.export(id).pipe(
        Stream.map((row) => {
          rows++
          return encoder.encode(`${JSON.stringify(row)}\n`)
        }),
        Stream.run(fs.sink(flags.output, { mode: 0o600 })),
        Effect.mapError(() => Output.wrongUsage(`--output: ${flags.output} can't be written`))
      )
      yield* Audit.use((audit) =>
        audit.record({ action: "organization.exported", target: { type: "organization", id } })
      )
      yield* Output.result({ file: flags.output, rows }, [`Wrote ${rows} rows to ${flags.output}`])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Write all data of an organization to a file"))

/** @category commands @since 0.1.0 */
export const command = Command.make("org").pipe(
  Command.withDescription("Organizations"),
  Command.withSubcommands([
    create,
    list,
    statusOf("suspend", "suspended", "Suspend an organization: it can be read, and sends nothing"),
    statusOf("activate", "active", "Make an organization active"),
    trial,
    exportAll,
    remove,
    undelete
  ])
)
