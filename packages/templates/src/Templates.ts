/**
 * The message templates of an organization: created at the provider, changed, deleted, and what they are filled with.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as ChannelTemplates from "@wicara/channels/ChannelTemplates"
import type { TemplateCategory } from "@wicara/channels/ChannelTemplates"
import { Audit } from "@wicara/core/Audit"
import type { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import type { NotFound } from "@wicara/core/Problem"
import { Conflict, InvalidInput, Unavailable } from "@wicara/core/Problem"
import { CurrentRunner, leaseId as leaseIdOf } from "@wicara/core/Runners"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, transaction } from "@wicara/core/Sql"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import type { Files } from "@wicara/files/Files"
import { Clock, Context, Effect, Layer, Result, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { optional } from "./internal/optional.ts"
import { checkButtons, componentsOf } from "./internal/libraryTemplates.ts"
import { makeSamples, refusal } from "./internal/samples.ts"
import type { Facet } from "./internal/samples.ts"
import { encodeSubmission, makeSubmissions, submissionLease } from "./internal/submissions.ts"
import { noteAccount, requestSync, scopeOf } from "./internal/syncRequests.ts"
import { makeTemplateReads } from "./internal/templateReads.ts"
import { encodeComponents, syncSignal, toTemplate } from "./internal/templateRows.ts"
import type { ScopeKey, TemplateRow } from "./internal/templateRows.ts"
import { english } from "./ProblemDetails.ts"
import { isEditable } from "./Template.ts"
import type {
  CreateFromLibrary,
  CreateTemplate,
  DuplicateTemplate,
  HistoryKind,
  Template,
  TemplateHistoryEntry,
  TemplateId,
  TemplateSyncRun,
  UpdateTemplate
} from "./Template.ts"
import * as TemplateDefinition from "./TemplateDefinition.ts"
import type * as TemplateMessage from "./TemplateMessage.ts"
import * as TemplateRules from "./TemplateRules.ts"

type Caller = CurrentOrganization | CurrentActor
type WriteError = NotFound | InvalidInput | Conflict | Unavailable

/**
 * What a list is narrowed to. Without `status`, those that are deleted are left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface TemplateFilter {
  readonly status?: string | undefined
  readonly category?: string | undefined
  readonly language?: string | undefined
  readonly channelAccountId?: ChannelAccountId | undefined
  /** What the name begins with. */
  readonly name?: string | undefined
}

/**
 * What to look for in a library, and where the list goes on.
 *
 * @category models
 * @since 0.1.0
 */
export type LibraryFilter = Omit<ChannelTemplates.LibraryQuery, "after"> & { readonly cursor?: string | undefined }

/**
 * @category services
 * @since 0.1.0
 */
export class Templates extends Context.Service<Templates, {
  /** In the order of their creation here. */
  readonly list: (
    query: Pagination.PageQuery & TemplateFilter
  ) => Effect.Effect<Pagination.Page<Template>, NotFound | Unavailable | InvalidInput, CurrentOrganization>
  readonly get: (id: TemplateId) => Effect.Effect<Template, NotFound, CurrentOrganization>
  /**
   * Creates it at the provider, once: its status is `SUBMITTING` as long as nobody knows whether the provider has it,
   * which is found out in the background. `InvalidInput` says what the provider refuses, before it is asked where that is
   * known.
   */
  readonly create: (input: CreateTemplate) => Effect.Effect<Template, WriteError, Caller>
  /** What the provider of an account has written and judged already. */
  readonly library: (
    channelAccountId: ChannelAccountId,
    query: LibraryFilter
  ) => Effect.Effect<Pagination.Page<ChannelTemplates.LibraryTemplate>, WriteError, CurrentOrganization>
  /** A template of the provider's library under a name of one's own; as `create`. */
  readonly createFromLibrary: (input: CreateFromLibrary) => Effect.Effect<Template, WriteError, Caller>
  /** The same name in another language. */
  readonly duplicate: (id: TemplateId, input: DuplicateTemplate) => Effect.Effect<Template, WriteError, Caller>
  /** Changes it at the provider, which looks at it again. */
  readonly update: (id: TemplateId, input: UpdateTemplate) => Effect.Effect<Template, WriteError, Caller>
  /** Deletes this language of it at the provider, where its name is not free again for 30 days. */
  readonly delete: (id: TemplateId) => Effect.Effect<void, NotFound | Conflict | Unavailable | InvalidInput, Caller>
  /** The JSON Schema of what it is filled with. */
  readonly parameters: (id: TemplateId) => Effect.Effect<Schema.JsonObject, NotFound, CurrentOrganization>
  /** What the customer reads. */
  readonly preview: (
    id: TemplateId,
    parameters: Schema.JsonObject
  ) => Effect.Effect<TemplateMessage.TemplatePreview, NotFound | InvalidInput, CurrentOrganization>
  /** It, and the templates of the same name in other languages. */
  readonly languages: (id: TemplateId) => Effect.Effect<ReadonlyArray<Template>, NotFound, CurrentOrganization>
  /** What became of it, the latest first: all, or one kind of change. */
  readonly history: (
    id: TemplateId,
    query: Pagination.PageQuery & { readonly kind?: HistoryKind | undefined }
  ) => Effect.Effect<Pagination.Page<TemplateHistoryEntry>, NotFound | InvalidInput, CurrentOrganization>
  /** The looks through all templates that have ended, the latest first. */
  readonly syncs: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<TemplateSyncRun>, InvalidInput, CurrentOrganization>
}>()("@wicara/templates/Templates") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Templates,
    never,
    SqlClient.SqlClient | ChannelAccounts | Files | Events | Signals | Audit | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(Templates, make))
}

/** The provider's own place in its list. */
const LibraryPosition = Schema.Struct({ after: Schema.String })

const decodeComponent = Schema.decodeUnknownEffect(Schema.Array(TemplateDefinition.TemplateComponent))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const signals = yield* Signals
  const audit = yield* Audit
  const runner = yield* CurrentRunner
  const { call, changes, create: submit } = yield* makeSubmissions("30 seconds")
  const { find, ...reads } = yield* makeTemplateReads
  const withSamples = yield* makeSamples

  const again = (row: TemplateRow) => Effect.map(Effect.orDie(find(Id.fromBytes<TemplateId>(row.id))), toTemplate)

  const keyOf = (row: TemplateRow): ScopeKey => ({
    organizationId: row.organization_id,
    channel: row.channel,
    scope: row.scope
  })

  /** An account of the scope that can be asked, with its facet. */
  const speaker = Effect.fnUntraced(function*(row: TemplateRow) {
    const rows = yield* Effect.orDie(sql<{ readonly channel_account_id: Uint8Array }>`SELECT channel_account_id
      FROM templates_accounts WHERE organization_id = ${row.organization_id} AND channel = ${row.channel}
        AND scope = ${row.scope} ORDER BY channel_account_id`)
    for (const one of rows) {
      const found = yield* Effect.result(accounts.resolve(Id.fromBytes<ChannelAccountId>(one.channel_account_id)))
      if (Result.isSuccess(found) && found.success.status === "active") return yield* withFacet(found.success)
    }
    return yield* new Unavailable({ detail: english("noAccount") })
  })

  const withFacet = Effect.fnUntraced(function*(account: ResolvedAccount) {
    const facet: Facet | undefined = account.adapter.templates
    const key = scopeOf(account)
    return facet === undefined || key === undefined
      ? yield* InvalidInput.of("/channelAccountId", english("noTemplatesOnChannel"))
      : { account, facet, key }
  })

  const checkDefinition = (definition: {
    readonly category: string
    readonly parameterFormat: TemplateDefinition.ParameterFormat
    readonly components: ReadonlyArray<TemplateDefinition.TemplateComponent>
  }) => {
    const [problem] = TemplateRules.check(definition)
    return problem === undefined
      ? Effect.void
      : Effect.fail(InvalidInput.of(`/components${problem.pointer}`, problem.detail))
  }

  /** Takes the name and language, so that nobody else creates them; fails when somebody has. */
  const reserve = Effect.fnUntraced(function*(
    key: ScopeKey,
    input: Omit<CreateTemplate, "components"> & { readonly library?: ChannelTemplates.FromLibrary },
    format: TemplateDefinition.ParameterFormat,
    components: ReadonlyArray<Schema.JsonObject>
  ) {
    const now = yield* Clock.currentTimeMillis
    const held = {
      submission: encodeSubmission({
        channelAccountId: input.channelAccountId,
        category: input.category,
        attempts: 0,
        ...optional("allowCategoryChange", input.allowCategoryChange),
        ...optional("messageSendTtlSeconds", input.messageSendTtlSeconds),
        ...optional("linkTrackingOptedOut", input.linkTrackingOptedOut),
        ...optional("library", input.library)
      }),
      lease_id: leaseIdOf(runner),
      due_at: now + submissionLease
    }
    const known = yield* changes.findNamed(key, input)
    const said = {
      category: input.category,
      status: "SUBMITTING",
      components: encodeComponents(components),
      parameterFormat: format,
      ttlSeconds: input.messageSendTtlSeconds ?? null,
      untracked: input.linkTrackingOptedOut ?? null,
      library: input.library?.name ?? null
    }
    if (known !== undefined && known.status !== "DELETED" && known.status !== "REFUSED") {
      return yield* new Conflict({ detail: english("exists") })
    }
    const { isNew, row } = known === undefined
      ? yield* changes.insert(key, input, said, held, now)
      : { row: known, isNew: true }
    if (!isNew) return yield* new Conflict({ detail: english("exists") })
    if (known === undefined) {
      yield* changes.remember(row, { kind: "status", at: now, from: null, to: "SUBMITTING", source: "here" })
    } else {
      yield* sql`UPDATE templates_templates SET ${sql.update({ ...held, provider_id: null })}
        WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
      yield* changes.apply(row, said, now, "here")
    }
    yield* audit.record({
      action: "template.created",
      target: { type: "template", id: Id.fromBytes(row.id) },
      after: {
        name: input.name,
        language: input.language,
        category: input.category,
        components,
        ...optional("library", input.library?.name)
      }
    })
    return { ...row, ...held, components: said.components, parameter_format: format }
  })

  const spokenFor = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const account = yield* Effect.mapError(
      accounts.resolve(id),
      (problem) =>
        problem._tag === "NotFound" ? InvalidInput.of("/channelAccountId", english("noSuchAccount")) : problem
    )
    return yield* withFacet(account)
  })

  const checkTtl = (category: TemplateCategory, seconds: number | undefined) => {
    const problem = seconds === undefined ? undefined : TemplateRules.checkTtl(category, seconds)
    return problem === undefined ? Effect.void : Effect.fail(InvalidInput.of("/messageSendTtlSeconds", problem))
  }

  /** Takes the name, and asks the provider for the template. */
  const begin = Effect.fnUntraced(function*(
    { account, key }: Effect.Success<ReturnType<typeof withFacet>>,
    ...asked: Parameters<typeof reserve> extends [ScopeKey, ...infer Rest] ? Rest : never
  ) {
    const row = yield* orDieSql(transaction(sql, Effect.andThen(noteAccount(sql, account), reserve(key, ...asked))))
    const failure = yield* Effect.orDie(submit(row, account))
    if (failure !== undefined && failure.kind !== "later") {
      // Somebody made it elsewhere: it is about to be seen here.
      if (failure.code === "2388024") yield* Effect.orDie(requestSync(sql, key))
      return yield* refusal(failure)
    }
    if (failure !== undefined) yield* signals.notify(syncSignal)
    return { row, isThere: failure === undefined }
  })

  const create = Effect.fn("Templates.create")(function*(input: CreateTemplate) {
    const spoken = yield* spokenFor(input.channelAccountId)
    const parameterFormat = input.parameterFormat ?? "POSITIONAL"
    yield* checkDefinition({ ...input, parameterFormat })
    yield* checkTtl(input.category, input.messageSendTtlSeconds)
    const components = yield* withSamples(input.components, spoken, call)
    const { row } = yield* begin(spoken, input, parameterFormat, components)
    return yield* again(row)
  })

  const ask = Effect.fnUntraced(function*(
    { account, facet }: Effect.Success<ReturnType<typeof withFacet>>,
    query: ChannelTemplates.LibraryQuery
  ) {
    return facet.library === undefined
      ? yield* InvalidInput.of("/channelAccountId", english("noLibrary"))
      : yield* Effect.mapError(
        call(account, facet.library(query, account.account)),
        (failure) => refusal(failure, "")
      )
  })

  const library = Effect.fn("Templates.library")(function*(id: ChannelAccountId, { cursor, ...query }: LibraryFilter) {
    const position = yield* Pagination.position(LibraryPosition, { cursor })
    const { next, templates } = yield* ask(yield* spokenFor(id), { ...query, after: position?.after })
    return {
      data: templates,
      nextCursor: next === undefined ? null : Pagination.encodeCursor(LibraryPosition, { after: next })
    }
  })

  const createFromLibrary = Effect.fn("Templates.createFromLibrary")(function*(input: CreateFromLibrary) {
    const spoken = yield* spokenFor(input.channelAccountId)
    const { language, library: name } = input
    const { templates } = yield* ask(spoken, { name, language })
    const found = templates.find((one) => one.name === name && one.language === language)
    if (found === undefined) return yield* InvalidInput.of("/library", english("notInLibrary"))
    yield* checkButtons(found, input.buttons)
    const category = yield* categoryOf(found, "/library")
    yield* checkTtl(category, input.messageSendTtlSeconds)
    const library = { name, ...optional("buttons", input.buttons), ...optional("body", input.body) }
    const { isThere, row } = yield* begin(
      spoken,
      { ...input, category, library },
      "POSITIONAL",
      componentsOf(found, input)
    )
    // The provider may have added sentences.
    if (isThere) yield* lookAt(row, spoken.account, spoken.facet)
    return yield* again(row)
  })

  const duplicate = Effect.fn("Templates.duplicate")(function*(id: TemplateId, input: DuplicateTemplate) {
    const row = yield* find(id)
    const { account } = yield* speaker(row)
    const components = input.components ??
      (yield* Effect.mapError(
        decodeComponent(toTemplate(row).components.map(normalized)),
        () => InvalidInput.of("/components", english("givenComponents"))
      ))
    if (input.components === undefined && components.some(hasFile)) {
      return yield* InvalidInput.of("/components", english("sampleMissing"))
    }
    return yield* create({
      channelAccountId: account.id,
      name: row.name,
      language: input.language,
      category: yield* categoryOf(row, "/components"),
      parameterFormat: row.parameter_format,
      components,
      ...optional("messageSendTtlSeconds", ttlOf(row) ?? undefined),
      ...optional("linkTrackingOptedOut", toTemplate(row).linkTrackingOptedOut ?? undefined)
    })
  })

  const categoryOf = (
    { category }: { readonly category: string },
    pointer: string
  ): Effect.Effect<TemplateCategory, InvalidInput> =>
    category === "MARKETING" || category === "UTILITY" || category === "AUTHENTICATION"
      ? Effect.succeed(category)
      : Effect.fail(InvalidInput.of(pointer, english("givenComponents")))

  /** What the provider says of it now. */
  const lookAt = Effect.fnUntraced(function*(row: TemplateRow, account: ResolvedAccount, facet: Facet) {
    const startedAt = yield* Clock.currentTimeMillis
    const listed = yield* Effect.result(
      call(account, Stream.runCollect(ChannelTemplates.list(facet, account.account, { name: row.name })))
    )
    const found = Result.isSuccess(listed)
      ? listed.success.find(({ language }) => language === row.language)
      : undefined
    yield* orDieSql(transaction(
      sql,
      found === undefined
        ? requestSync(sql, keyOf(row))
        : Effect.asVoid(changes.applyListed(keyOf(row), [found], startedAt, null))
    ))
    if (found === undefined) yield* signals.notify(syncSignal)
  })

  const update = Effect.fn("Templates.update")(function*(id: TemplateId, input: UpdateTemplate) {
    const row = yield* find(id)
    const { linkTrackingOptedOut, messageSendTtlSeconds } = input
    if (Object.values(input).every((value) => value === undefined)) {
      return yield* InvalidInput.of("", english("nothingToChange"))
    }
    if (row.provider_id === null || !isEditable(row.status)) {
      return yield* new Conflict({ detail: english("notEditable", { status: row.status }) })
    }
    if (input.category !== undefined && input.category !== row.category && row.status === "APPROVED") {
      return yield* new Conflict({ detail: english("categoryFixed") })
    }
    const { account, facet } = yield* speaker(row)
    const category = input.category ?? row.category
    const ttl = messageSendTtlSeconds ?? ttlOf(row) ?? undefined
    if (input.category !== undefined || messageSendTtlSeconds !== undefined) {
      yield* checkTtl(yield* categoryOf({ category }, "/category"), ttl)
    }
    if (input.components !== undefined) {
      yield* checkDefinition({ category, parameterFormat: row.parameter_format, components: input.components })
    }
    const components = input.components === undefined
      ? undefined
      : yield* withSamples(input.components, { account, facet }, call)
    const changed = yield* Effect.result(call(
      account,
      facet.edit(row.provider_id, {
        ...(components === undefined ? undefined : { components }),
        ...(input.category === undefined || input.category === row.category ? undefined : { category: input.category }),
        messageSendTtlSeconds,
        linkTrackingOptedOut
      }, account.account)
    ))
    // Also after an answer that got lost: what is there now is what counts.
    yield* lookAt(row, account, facet)
    if (Result.isFailure(changed)) return yield* refusal(changed.failure)
    yield* orDieSql(transaction(
      sql,
      audit.record({
        action: "template.updated",
        target: { type: "template", id },
        before: {
          category: row.category,
          components: toTemplate(row).components,
          ...(messageSendTtlSeconds === undefined ? undefined : { messageSendTtlSeconds: ttlOf(row) }),
          ...(linkTrackingOptedOut === undefined
            ? undefined
            : { linkTrackingOptedOut: toTemplate(row).linkTrackingOptedOut })
        },
        after: {
          category,
          ...(components === undefined ? undefined : { components }),
          ...optional("messageSendTtlSeconds", messageSendTtlSeconds),
          ...optional("linkTrackingOptedOut", linkTrackingOptedOut)
        }
      })
    ))
    return yield* again(row)
  })

  const remove = Effect.fn("Templates.delete")(function*(id: TemplateId) {
    const row = yield* find(id)
    if (row.status === "DELETED") return
    if (row.status === "SUBMITTING") {
      return yield* new Conflict({ detail: english("notEditable", { status: row.status }) })
    }
    if (row.provider_id !== null && row.status !== "REFUSED") {
      const { account, facet } = yield* speaker(row)
      const gone = yield* Effect.result(
        call(account, facet.delete({ id: row.provider_id, name: row.name }, account.account))
      )
      if (Result.isFailure(gone) && gone.failure.kind !== "missing") {
        yield* lookAt(row, account, facet)
        return yield* refusal(gone.failure)
      }
    }
    yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const current = yield* changes.findNamed(keyOf(row), row)
        if (current !== undefined) yield* changes.apply(current, { status: "DELETED" }, now, "here")
        yield* audit.record({
          action: "template.deleted",
          target: { type: "template", id },
          before: { name: row.name, language: row.language, category: row.category }
        })
      })
    ))
  })

  return Templates.of({
    create,
    library,
    createFromLibrary,
    duplicate,
    update,
    delete: remove,
    ...reads
  })
})

const ttlOf = (row: TemplateRow) => toTemplate(row).messageSendTtlSeconds

/** As it is written when it is created: words in capitals. */
const normalized = (component: Schema.JsonObject): Schema.JsonObject => ({
  ...component,
  ...(typeof component["type"] === "string" ? { type: component["type"].toUpperCase() } : undefined),
  ...(typeof component["format"] === "string" ? { format: component["format"].toUpperCase() } : undefined)
})

/** Lists say where an example is shown, not what it can be handed over as again. */
const hasFile = (component: TemplateDefinition.TemplateComponent): boolean =>
  component.type === "HEADER"
    ? component.example?.header_handle !== undefined
    : component.type === "CAROUSEL" && component.cards.some((card) => card.components.some(hasFile))
