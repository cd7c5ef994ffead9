/**
 * The texts of mail: those that come with the server in four languages, and an organization's own, by version.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import type { MailDefinition } from "@wicara/core/Mail"
import type { ModuleRegistry } from "@wicara/core/Module"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { english } from "@wicara/core/ProblemTexts"
import { PublicUrl } from "@wicara/core/PublicUrl"
import * as Revision from "@wicara/core/Revision"
import { orDieSql, orUnique, transaction } from "@wicara/core/Sql"
import { Actor, CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import type { SchemaAST } from "effect"
import { SqlClient } from "effect/sql"
import { builtIn, fieldsOf, placeholdersFor } from "./internal/builtIn.ts"
import * as Facts from "./internal/facts.ts"
import type { StoredFact, StoredFacts } from "./internal/facts.ts"
import { placeholdersOf, render } from "./internal/render.ts"
import { MailKinds } from "./MailKinds.ts"
import { MailLocale, MailTemplate, MailTemplateVersion } from "./MailTemplate.ts"
import type { MailPreview, MailText } from "./MailTemplate.ts"

/**
 * A kind in a language.
 *
 * @category models
 * @since 0.1.0
 */
export interface TemplateName {
  readonly kind: string
  readonly locale: MailLocale
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class MailTemplates extends Context.Service<MailTemplates, {
  /** Every kind in every language. */
  readonly list: Effect.Effect<ReadonlyArray<MailTemplate>, never, CurrentOrganization>
  readonly get: (name: TemplateName) => Effect.Effect<MailTemplate, NotFound, CurrentOrganization>
  /** The organization's changes, the newest first. */
  readonly versions: (
    name: TemplateName
  ) => Effect.Effect<ReadonlyArray<MailTemplateVersion>, NotFound, CurrentOrganization>
  /** Gives the organization a text of its own; `revision` is that of the one it replaces, if it matters. */
  readonly save: (name: TemplateName, text: MailText, revision?: number) => Effect.Effect<
    MailTemplate,
    NotFound | InvalidInput | Revision.RevisionMismatch,
    Acting
  >
  /** Takes the organization's text back; the one that comes with the server applies again. */
  readonly reset: (name: TemplateName, revision?: number) => Effect.Effect<
    MailTemplate,
    NotFound | Revision.RevisionMismatch,
    Acting
  >
  /** The message with made-up facts; of a text that was not saved, if there is one. */
  readonly preview: (
    name: TemplateName,
    text?: MailText
  ) => Effect.Effect<MailPreview, NotFound | InvalidInput, CurrentOrganization>
  /** Fails unless a message of the kind can be made of the text. */
  readonly check: (name: TemplateName, text: MailText) => Effect.Effect<void, NotFound | InvalidInput>
  /** Made-up facts for a kind, in the form in which they are stored. */
  readonly samples: (kind: string) => Effect.Effect<StoredFacts, NotFound>
  /** The text that applies, with its version; for no organization, or a kind nobody knows, what comes with the server. */
  readonly effective: (name: TemplateName) => Effect.Effect<
    { readonly text: MailText; readonly version: number },
    never,
    CurrentOrganization
  >
}>()("@wicara/notifications/MailTemplates") {
  /**
   * The organizations' texts in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    MailTemplates | MailKinds,
    never,
    SqlClient.SqlClient | Audit | ModuleRegistry
  > = Layer.suspend(() => Layer.provideMerge(Layer.effect(MailTemplates, make), MailKinds.layer))
}

// 15 January 2026, 9:30 in UTC.
const sampleInstant = 1_768_469_400_000

const sampleTexts: Readonly<Record<string, string>> = {
  ip: "203.0.113.7",
  userAgent: "Firefox on Linux",
  invitedBy: "Rani",
  role: "agent",
  title: "A conversation waits for a person"
}

const sampleOf = (name: string, ast: SchemaAST.AST): StoredFact => {
  switch (ast._tag) {
    case "Literal":
      return String(ast.literal)
    case "Union":
      return ast.types[0] === undefined ? name : sampleOf(name, ast.types[0])
    case "Number":
      return 3
    case "Boolean":
      return true
    case "Arrays":
      return ["A conversation waits for a person", "A message was not delivered"]
    case "String":
      return name === "url" ? "https://chat.example.com/" : sampleTexts[name] ?? name
    default:
      return { at: sampleInstant }
  }
}

interface TemplateRow {
  readonly kind: string
  readonly locale: MailLocale
  readonly version: unknown
  readonly subject: string | null
  readonly body: string | null
  readonly changed_by: string
  readonly changed_at: unknown
}

const ActorText = Schema.fromJsonString(Actor)
const encodeActor = Schema.encodeSync(ActorText)
const decodeActor = Schema.decodeUnknownSync(ActorText)

const textOf = ({ body, subject }: Pick<TemplateRow, "body" | "subject">): MailText | null =>
  subject === null || body === null ? null : { subject, body }

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const audit = yield* Audit
  const kinds = yield* MailKinds
  const publicUrl = yield* PublicUrl

  const definitionOf = (kind: string): Effect.Effect<MailDefinition, NotFound> => {
    const definition = kinds.find(kind)
    return definition === undefined ? Effect.fail(NotFound.of("kind of mail", kind)) : Effect.succeed(definition)
  }

  const columns = sql.literal("kind, locale, version, subject, body, changed_by, changed_at")

  const latest = Effect.fnUntraced(function*({ kind, locale }: TemplateName) {
    const organization = yield* CurrentOrganization
    const [row] = yield* sql<TemplateRow>`SELECT ${columns} FROM notifications_mail_templates
      WHERE organization_id = ${Id.toBytes(organization.id)} AND kind = ${kind} AND locale = ${locale}
      ORDER BY version DESC LIMIT 1`
    return Option.fromUndefinedOr(row)
  })

  const toTemplate = (
    definition: MailDefinition,
    locale: MailLocale,
    row: Option.Option<TemplateRow>
  ): MailTemplate => {
    const own = Option.match(row, { onNone: () => null, onSome: textOf })
    return new MailTemplate({
      kind: definition.kind,
      locale,
      ...(own ?? builtIn(definition, locale)),
      revision: Option.match(row, { onNone: () => 0, onSome: ({ version }) => Number(version) }),
      customized: own !== null,
      placeholders: placeholdersFor(definition),
      required: definition.secrets
    })
  }

  const get = Effect.fn("MailTemplates.get")(function*(name: TemplateName) {
    const definition = yield* definitionOf(name.kind)
    return toTemplate(definition, name.locale, yield* Effect.orDie(latest(name)))
  })

  const check = Effect.fnUntraced(function*(name: TemplateName, text: MailText) {
    const definition = yield* definitionOf(name.kind)
    const known = new Set(placeholdersFor(definition))
    const secret = new Set<string>(definition.secrets)
    const inSubject = placeholdersOf(text.subject)
    const inBody = placeholdersOf(text.body)
    const unknown = [...inSubject, ...inBody].find((one) => !known.has(one))
    if (unknown !== undefined) {
      const field = inSubject.includes(unknown) ? "/subject" : "/body"
      return yield* InvalidInput.of(field, `There is no {{${unknown}}} here; known are ${[...known].join(", ")}.`)
    }
    const told = inSubject.find((one) => secret.has(one))
    if (told !== undefined) {
      return yield* InvalidInput.of(
        "/subject",
        `{{${told}}} is for the recipient's eyes only; subjects are kept in the log.`
      )
    }
    const missing = definition.secrets.find((one) => !inBody.includes(one))
    if (missing !== undefined) {
      return yield* InvalidInput.of("/body", `Without {{${missing}}} this message is worth nothing.`)
    }
  })

  const append = Effect.fnUntraced(function*(name: TemplateName, text: MailText | null, revision: number | undefined) {
    const definition = yield* definitionOf(name.kind)
    const organization = yield* CurrentOrganization
    const { actor } = yield* CurrentActor
    return yield* transaction(
      sql,
      Effect.gen(function*() {
        const before = yield* latest(name)
        const current = Option.match(before, { onNone: () => 0, onSome: ({ version }) => Number(version) })
        yield* Revision.check(revision, current)
        const row: TemplateRow = {
          kind: name.kind,
          locale: name.locale,
          version: current + 1,
          subject: text?.subject ?? null,
          body: text?.body ?? null,
          changed_by: encodeActor(actor),
          changed_at: yield* Clock.currentTimeMillis
        }
        yield* sql`INSERT INTO notifications_mail_templates ${
          sql.insert({ organization_id: Id.toBytes(organization.id), ...row })
        }`
        yield* audit.record({
          action: text === null ? "mail_template.reset" : "mail_template.changed",
          target: { type: "mail_template", id: `${name.kind}/${name.locale}` },
          before: Option.match(before, { onNone: () => null, onSome: textOf }),
          after: text
        })
        return toTemplate(definition, name.locale, Option.some(row))
      })
    ).pipe(
      // Two wrote the same version at once.
      orUnique(() =>
        new Revision.RevisionMismatch({
          currentRevision: (revision ?? 0) + 1,
          detail: english("changedMeanwhile")
        })
      )
    )
  })

  const samples = Effect.fnUntraced(function*(kind: string) {
    const definition = yield* definitionOf(kind)
    const facts: Record<string, StoredFact> = {
      recipient: "Rani",
      organization: "Acme",
      expiresAt: { at: sampleInstant }
    }
    for (const [name, ast] of fieldsOf(definition)) facts[name] = sampleOf(name, ast)
    for (const name of definition.secrets) facts[name] = `${publicUrl.replace(/\/+$/, "")}/#preview`
    return facts
  })

  return MailTemplates.of({
    get,
    check,
    samples,
    list: Effect.gen(function*() {
      const organization = yield* CurrentOrganization
      const rows = yield* Effect.orDie(sql<TemplateRow>`SELECT ${columns} FROM notifications_mail_templates
        WHERE organization_id = ${Id.toBytes(organization.id)} ORDER BY kind, locale, version`)
      const newest = new Map(rows.map((row) => [`${row.kind}/${row.locale}`, row]))
      return kinds.all.flatMap((definition) =>
        MailLocale.literals.map((locale) =>
          toTemplate(definition, locale, Option.fromUndefinedOr(newest.get(`${definition.kind}/${locale}`)))
        )
      )
    }).pipe(Effect.withSpan("MailTemplates.list")),
    versions: Effect.fn("MailTemplates.versions")(function*({ kind, locale }) {
      yield* definitionOf(kind)
      const organization = yield* CurrentOrganization
      const rows = yield* Effect.orDie(sql<TemplateRow>`SELECT ${columns} FROM notifications_mail_templates
        WHERE organization_id = ${Id.toBytes(organization.id)} AND kind = ${kind} AND locale = ${locale}
        ORDER BY version DESC LIMIT 100`)
      return rows.map((row) =>
        new MailTemplateVersion({
          version: Number(row.version),
          text: textOf(row),
          changedBy: decodeActor(row.changed_by),
          changedAt: DateTime.makeUnsafe(Number(row.changed_at))
        })
      )
    }),
    save: Effect.fn("MailTemplates.save")(function*(name, text, revision) {
      yield* check(name, text)
      return yield* orDieSql(append(name, text, revision))
    }),
    reset: Effect.fn("MailTemplates.reset")(function*(name, revision) {
      const current = yield* get(name)
      if (!current.customized) {
        yield* Revision.check(revision, current.revision)
        return current
      }
      return yield* orDieSql(append(name, null, revision))
    }),
    preview: Effect.fn("MailTemplates.preview")(function*(name, text) {
      if (text !== undefined) yield* check(name, text)
      const facts = Facts.format(yield* samples(name.kind), kinds.find(name.kind), name.locale, "UTC")
      return render(text ?? (yield* get(name)), facts, name.locale)
    }),
    effective: Effect.fnUntraced(function*(name) {
      const row = yield* Effect.orDie(latest(name))
      const own = Option.match(row, { onNone: () => null, onSome: textOf })
      return own === null
        ? { text: builtIn(kinds.find(name.kind), name.locale), version: 0 }
        : { text: own, version: Option.match(row, { onNone: () => 0, onSome: ({ version }) => Number(version) }) }
    })
  })
})
