/**
 * `wicara org`: organizations.
 *
 * @since 0.1.0
 */
import { NewOrganization } from "@wicara/core/Organization"
import { Organizations } from "@wicara/core/Organizations"
import { CurrentActor } from "@wicara/core/Tenancy"
import { Effect, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { input } from "../Input.ts"
import { actor } from "../Organization.ts"
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
    const owner = yield* findOrCreateUser({ email: flags.owner, name: flags.ownerName, password: flags.ownerPassword })
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

/** @category commands @since 0.1.0 */
export const command = Command.make("org").pipe(
  Command.withDescription("Organizations"),
  Command.withSubcommands([create, list])
)
