/**
 * The platform's messages as they are said: in the language that fits, in an organization's own words where it has
 * replaced them. Every process says a replaced text from its next use on: the number of an organization's last change is
 * read each time, and the texts themselves only when it is a new one.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import * as Languages from "./Languages.ts"
import * as MessageCatalogue from "./MessageCatalogue.ts"
import { Text } from "./MessageText.ts"
import type { MessageText, SpokenLanguage } from "./MessageText.ts"
import { decodeText, nameOf, standardTexts } from "./internal/standardTexts.ts"
import { ModuleRegistry } from "./Module.ts"
import type { Module } from "./Module.ts"
import { InvalidInput, NotFound } from "./Problem.ts"
import { english } from "./ProblemTexts.ts"
import * as Revision from "./Revision.ts"
import { orDieSql, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { Actor, CurrentActor, OrganizationId } from "./Tenancy.ts"

/**
 * One message in one language.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageName {
  readonly catalogue: string
  readonly key: string
  readonly language: string
}

/**
 * Messages ready to be said, with the language they are in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spoken<D extends MessageCatalogue.Definitions> {
  readonly language: string
  readonly direction: "ltr" | "rtl"
  readonly say: MessageCatalogue.Say<D>
  /** The texts themselves, for who renders them elsewhere. */
  readonly texts: Readonly<Record<keyof D & string, MessageCatalogue.Text>>
}

/**
 * @category services
 * @since 0.1.0
 */
export class MessageTexts extends Context.Service<MessageTexts, {
  /** The languages of this server, those in which every message exists first. */
  readonly languages: ReadonlyArray<SpokenLanguage>
  /** The language of this server that fits the first of the wanted ones that has any. */
  readonly lookup: (wanted: ReadonlyArray<string | null | undefined>) => string | undefined
  /** A catalogue's messages in the language that fits a tag best, in the organization's words. */
  readonly speak: <D extends MessageCatalogue.Definitions>(
    catalogue: MessageCatalogue.Catalogue<string, D>,
    wanted: string
  ) => Effect.Effect<Spoken<D>, never, CurrentOrganization>
  /** Every catalogue in the language that fits a tag best, in the organization's words. */
  readonly voice: (wanted: string) => Effect.Effect<MessageCatalogue.Voice, never, CurrentOrganization>
  /**
   * The language for who asks: what their request accepts, else what the member prefers, else the organization's;
   * English if this server speaks none of them.
   */
  readonly negotiate: (
    accepted: string | undefined,
    caller: { readonly organizationId?: OrganizationId | undefined; readonly actor?: Actor | undefined }
  ) => Effect.Effect<string>
  /** The title of a problem, by its name. */
  readonly problemTitle: (name: string, language: string) => string | undefined
  /** A problem's detail, told by its English words. */
  readonly problemDetail: (english: string, language: string) => string | undefined
  /** All messages in a language, of one catalogue if it is named. */
  readonly list: (
    language: string,
    catalogue?: string
  ) => Effect.Effect<ReadonlyArray<MessageText>, NotFound, CurrentOrganization>
  readonly get: (name: MessageName) => Effect.Effect<MessageText, NotFound, CurrentOrganization>
  /** Gives the organization a text of its own. */
  readonly set: (name: MessageName, text: MessageCatalogue.Text, revision?: number) => Effect.Effect<
    MessageText,
    NotFound | InvalidInput | Revision.RevisionMismatch,
    CurrentOrganization | CurrentActor
  >
  /** Takes the organization's text back. */
  readonly reset: (name: MessageName, revision?: number) => Effect.Effect<
    MessageText,
    NotFound | Revision.RevisionMismatch,
    CurrentOrganization | CurrentActor
  >
}>()("@wicara/core/MessageTexts") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    MessageTexts,
    never,
    SqlClient.SqlClient | ModuleRegistry | Events | Audit
  > = Layer.suspend(() => Layer.effect(MessageTexts, make))

  /**
   * The texts that come with these modules, which nobody replaces: for those who use packages without a server.
   *
   * @since 0.1.0
   */
  static readonly layerStandard = (
    modules: ReadonlyArray<Pick<Module, "messages" | "translations">>
  ): Layer.Layer<MessageTexts> =>
    Layer.sync(MessageTexts, () => {
      const { all, languages, lookup, problemDetail, problemTitle, speak } = standardTexts(modules)
      return MessageTexts.of({
        languages,
        lookup,
        problemDetail,
        problemTitle,
        speak: (catalogue, wanted) => Effect.succeed(speak(catalogue, wanted)),
        voice: (wanted) => Effect.succeed((catalogue) => speak(catalogue, wanted).say),
        negotiate: (header) => Effect.succeed(lookup(Languages.accepted(header)) ?? "en"),
        list: (language, catalogue) => Effect.succeed(all(language, catalogue)),
        get: (name) => {
          const found = all(name.language, name.catalogue).find(({ key }) => key === name.key)
          return found === undefined ? notFound("message", nameOf(name)) : Effect.succeed(found)
        },
        set: ({ catalogue }) => notFound("text of its own in", catalogue),
        reset: ({ catalogue }) => notFound("text of its own in", catalogue)
      })
    })
}

interface OverrideRow {
  readonly catalogue: string
  readonly message_key: string
  readonly language: string
  readonly text: string | null
  readonly revision: unknown
}

const encodeText = Schema.encodeSync(Schema.fromJsonString(Text))

/** Organizations whose own texts a process keeps. */
const keptOrganizations = 1000

interface Own {
  readonly changes: number
  readonly texts: ReadonlyMap<string, MessageCatalogue.Text>
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ModuleRegistry
  const events = yield* Events
  const audit = yield* Audit
  const { all, catalogues, describe, languages, lookup, problemDetail, problemTitle, speak, tags } = standardTexts(
    registry.all
  )
  const organizationsOwn = new Map<OrganizationId, Own>()

  const changesOf = (id: OrganizationId) =>
    Effect.orDie(Effect.map(
      sql<{ readonly changes: unknown }>`SELECT changes FROM core_message_changes
        WHERE organization_id = ${Id.toBytes(id)}`,
      ([row]) => Number(row?.changes ?? 0)
    ))

  /** The organization's own texts, as they are now. */
  const ownTexts = Effect.fnUntraced(function*() {
    const { id } = yield* CurrentOrganization
    const changes = yield* changesOf(id)
    const known = organizationsOwn.get(id)
    if (known?.changes === changes) return known.texts
    const rows = changes === 0 ? [] : yield* Effect.orDie(sql<OverrideRow>`SELECT catalogue, message_key, language, text
      FROM core_message_overrides WHERE organization_id = ${Id.toBytes(id)} AND text IS NOT NULL`)
    const texts = new Map(
      rows.flatMap(({ catalogue, language, message_key: key, text }) =>
        text === null ? [] : [[nameOf({ catalogue, key, language }), decodeText(text)] as const]
      )
    )
    if (organizationsOwn.size >= keptOrganizations) organizationsOwn.clear()
    organizationsOwn.set(id, { changes, texts })
    return texts
  })

  const find = Effect.fnUntraced(function*(name: MessageName) {
    const catalogue = catalogues.get(name.catalogue)
    if (catalogue === undefined) return yield* notFound("catalogue", name.catalogue)
    const definition = Object.hasOwn(catalogue.messages, name.key) ? catalogue.messages[name.key] : undefined
    if (definition === undefined) return yield* notFound("message", `${name.catalogue}/${name.key}`)
    if (!tags.includes(name.language)) return yield* notFound("language", name.language)
    return { catalogue, definition }
  })

  const rowOf = Effect.fnUntraced(function*({ catalogue, key, language }: MessageName) {
    const { id } = yield* CurrentOrganization
    const [row] = yield* sql<OverrideRow>`SELECT catalogue, message_key, language, text, revision
      FROM core_message_overrides WHERE organization_id = ${Id.toBytes(id)} AND catalogue = ${catalogue}
        AND message_key = ${key} AND language = ${language}`
    return row
  })

  const get = Effect.fn("MessageTexts.get")(function*(name: MessageName) {
    return describe(name, yield* find(name), yield* Effect.orDie(rowOf(name)))
  })

  const change = Effect.fnUntraced(function*(
    name: MessageName,
    text: MessageCatalogue.Text | null,
    revision: number | undefined
  ) {
    const { id } = yield* CurrentOrganization
    const found = yield* find(name)
    const now = yield* Clock.currentTimeMillis
    return yield* transaction(
      sql,
      Effect.gen(function*() {
        // It locks the organization's row: changes come one after the other.
        const counted = { organization_id: Id.toBytes(id), changes: 1 }
        yield* sql.onDialectOrElse({
          mysql: () =>
            sql`INSERT INTO core_message_changes ${sql.insert(counted)} ON DUPLICATE KEY UPDATE changes = changes + 1`,
          orElse: () =>
            sql`INSERT INTO core_message_changes ${sql.insert(counted)}
              ON CONFLICT (organization_id) DO UPDATE SET changes = changes + 1`
        })
        const before = yield* rowOf(name)
        const current = Number(before?.revision ?? 0)
        yield* Revision.check(revision, current)
        const row = { text: text === null ? null : encodeText(text), revision: current + 1 }
        const named = { catalogue: name.catalogue, message_key: name.key, language: name.language }
        yield* before === undefined
          ? sql`INSERT INTO core_message_overrides ${
            sql.insert({ organization_id: Id.toBytes(id), ...named, ...row, changed_at: now })
          }`
          : sql`UPDATE core_message_overrides SET ${sql.update({ ...row, changed_at: now })}
              WHERE organization_id = ${Id.toBytes(id)} AND catalogue = ${name.catalogue}
                AND message_key = ${name.key} AND language = ${name.language}`
        yield* events.append(CoreEvents.messageTextChanged, { aggregateId: id, payload: { ...name } })
        yield* audit.record({
          action: text === null ? "message_text.reset" : "message_text.changed",
          target: { type: "message_text", id: nameOf(name) },
          before: { text: before === undefined || before.text === null ? null : decodeText(before.text) },
          after: { text }
        })
        return describe(name, found, { ...named, ...row })
      })
    )
  })

  return MessageTexts.of({
    languages,
    lookup,
    speak: (catalogue, wanted) => Effect.map(ownTexts(), (own) => speak(catalogue, wanted, own)),
    voice: (wanted) =>
      Effect.map(ownTexts(), (own): MessageCatalogue.Voice => (catalogue) => speak(catalogue, wanted, own).say),
    negotiate: Effect.fnUntraced(function*(header, { actor, organizationId }) {
      const asked = Languages.lookup(Languages.accepted(header), tags)
      if (asked !== undefined || organizationId === undefined) return asked ?? "en"
      const user = actor?._tag === "User" ? Id.toBytes(actor.id) : null
      const [row] = yield* Effect.orDie(
        sql<{ readonly organization: string; readonly member: string | null }>`SELECT o.locale AS organization,
          (SELECT u.locale FROM core_users u WHERE u.id = ${user}) AS member
          FROM core_organizations o WHERE o.id = ${Id.toBytes(organizationId)}`
      )
      return Languages.lookup([row?.member, row?.organization], tags) ?? "en"
    }),
    problemTitle,
    problemDetail,
    list: Effect.fn("MessageTexts.list")(function*(language, only) {
      if (!tags.includes(language)) return yield* notFound("language", language)
      if (only !== undefined && !catalogues.has(only)) return yield* notFound("catalogue", only)
      const { id } = yield* CurrentOrganization
      const rows = yield* Effect.orDie(sql<OverrideRow>`SELECT catalogue, message_key, language, text, revision
        FROM core_message_overrides WHERE organization_id = ${Id.toBytes(id)}`)
      const byName = new Map(rows.map((row) => [nameOf({ ...row, key: row.message_key }), row]))
      return all(language, only, byName)
    }),
    get,
    set: Effect.fn("MessageTexts.set")(function*(name, text, revision) {
      const { catalogue, definition } = yield* find(name)
      if (catalogue.use !== "texts") {
        return yield* InvalidInput.of(
          "/text",
          catalogue.use === "mail"
            ? "What mail says is replaced by a template (/v1/mail/templates)."
            : "What problems say is the same for every organization."
        )
      }
      const problem = MessageCatalogue.problemOf(catalogue, definition, name.language, text)
      if (problem !== undefined) {
        return yield* InvalidInput.of(`/text${problem.form === null ? "" : `/${problem.form}`}`, problem.detail)
      }
      return yield* orDieSql(change(name, text, revision))
    }),
    reset: Effect.fn("MessageTexts.reset")(function*(name, revision) {
      const current = yield* get(name)
      if (current.customized) return yield* orDieSql(change(name, null, revision))
      yield* Revision.check(revision, current.revision)
      return current
    })
  })
})

const notFound = (resource: string, id: string) =>
  Effect.fail(new NotFound({ resource, id, detail: english("serverHasNo", { resource, id }) }))
