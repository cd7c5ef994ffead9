/**
 * The language models of organizations: their settings, their secrets (encrypted), and the models themselves, ready to
 * use. An organization without any uses the built-in extractive model.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, LayerMap, Option, Schema, SchemaIssue } from "effect"
import type { AiError, LanguageModel } from "effect/ai"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Secrets } from "@wicara/core/Secrets"
import { affectedRows, orDieSql, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, OrganizationId } from "@wicara/core/Tenancy"
import { AiPrice } from "./AiPrice.ts"
import { AiProvider, AiProviderId } from "./AiProvider.ts"
import type { AiProviderCheck, CreateAiProvider, UpdateAiProvider } from "./AiProvider.ts"
import { AiProviderRegistry } from "./AiProviderAdapter.ts"
import type { AiProviderAdapter } from "./AiProviderAdapter.ts"
import { AiProviderCreated, AiProviderDeleted, AiProviderUpdated } from "./events.ts"
import * as Extractive from "./Extractive.ts"
import * as GroundedAnswer from "./GroundedAnswer.ts"
import type { Recording, Transcript } from "./OpenAiCompatible/Transcription.ts"

/**
 * A model to answer with.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResolvedModel {
  /** `null`: the built-in model, because none is configured. */
  readonly providerId: AiProviderId | null
  readonly kind: string
  readonly model: string
  readonly price: AiPrice | null
  /** Built once and kept while it is used. */
  readonly layer: Layer.Layer<LanguageModel.LanguageModel, Unavailable>
}

/**
 * @category services
 * @since 0.1.0
 */
export class AiProviders extends Context.Service<AiProviders, {
  readonly create: (
    input: CreateAiProvider
  ) => Effect.Effect<AiProvider, InvalidInput, CurrentOrganization | CurrentActor>
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<AiProvider>, InvalidInput, CurrentOrganization>
  readonly get: (id: AiProviderId) => Effect.Effect<AiProvider, NotFound, CurrentOrganization>
  readonly update: (
    id: AiProviderId,
    input: UpdateAiProvider
  ) => Effect.Effect<AiProvider, NotFound | InvalidInput, CurrentOrganization | CurrentActor>
  readonly delete: (id: AiProviderId) => Effect.Effect<void, NotFound, CurrentOrganization | CurrentActor>
  /** Asks the model a trial question with a source that answers it. */
  readonly test: (id: AiProviderId) => Effect.Effect<AiProviderCheck, NotFound, CurrentOrganization>
  /**
   * The model of a provider; of the organization's default one for `null`, and the built-in one when there is none. A
   * provider that was removed counts as `null`.
   */
  readonly resolve: (id: AiProviderId | null) => Effect.Effect<ResolvedModel, never, CurrentOrganization>
  /**
   * Has a recording written down at the provider, by a model for that: not by the one that the provider answers with.
   * Unavailable when its kind can't do that, or its settings or secret can't be read.
   */
  readonly transcribe: (
    id: AiProviderId,
    model: string,
    recording: Recording
  ) => Effect.Effect<Transcript, AiError.AiError | NotFound | Unavailable, CurrentOrganization>
}>()("@wicara/ai-providers/AiProviders") {
  /**
   * Providers in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    AiProviders,
    never,
    SqlClient.SqlClient | AiProviderRegistry | Secrets | Events | Audit | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(AiProviders, make))
}

interface ProviderRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly kind: string
  readonly name: string
  readonly model: string
  readonly settings: string
  readonly secret: string | null
  readonly price: string | null
  readonly is_default: unknown
  readonly revision: Uint8Array
  readonly created_at: unknown
  readonly updated_at: unknown
}

const SettingsText = Schema.fromJsonString(Schema.JsonObject)
const decodeSettings = Schema.decodeUnknownEffect(SettingsText)
const encodeSettings = Schema.encodeSync(SettingsText)
const PriceText = Schema.fromJsonString(Schema.toCodecJson(AiPrice))
const decodePrice = Schema.decodeUnknownEffect(PriceText)
const encodePrice = Schema.encodeSync(PriceText)

const priceOf = (row: ProviderRow) => row.price === null ? Effect.succeed(null) : Effect.orDie(decodePrice(row.price))

const toProvider = Effect.fnUntraced(function*(row: ProviderRow) {
  return new AiProvider({
    id: Id.fromBytes(row.id),
    kind: row.kind,
    name: row.name,
    model: row.model,
    settings: yield* Effect.orDie(decodeSettings(row.settings)),
    hasSecret: row.secret !== null,
    price: yield* priceOf(row),
    isDefault: Number(row.is_default) === 1,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  })
})

const Position = Schema.Struct({ id: AiProviderId })

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

const invalidSettings = (error: Schema.SchemaError): InvalidInput => {
  const first = issues(error.issue).issues[0]
  const path = (first?.path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment))
  return InvalidInput.of(["/settings", ...path].join("/"), first?.message ?? "These settings are not valid.")
}

const notUsable = new Unavailable({ detail: "This language model is not usable now." })

const builtIn: ResolvedModel = {
  providerId: null,
  kind: "extractive",
  model: Extractive.modelId,
  price: null,
  layer: Extractive.layer
}

const trial: GroundedAnswer.Request = {
  persona: { name: "Wicara", languages: ["en"] },
  language: "en",
  history: [],
  messages: ["Which colour is the door of the office in Bandung?"],
  sources: [{
    source: 1,
    kind: "knowledge",
    itemId: "trial",
    chunkId: "trial",
    version: 1,
    hash: "",
    title: "The office in Bandung",
    text: "The door of the office in Bandung is green.",
    questions: ["Which colour is the door of the office in Bandung?"],
    language: "en",
    score: 1
  }],
  threshold: Extractive.defaultThreshold,
  clarify: false
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* AiProviderRegistry
  const secrets = yield* Secrets
  const events = yield* Events
  const audit = yield* Audit
  const httpClient = yield* HttpClient.HttpClient

  const columns = sql.literal(
    "organization_id, id, kind, name, model, settings, secret, price, is_default, revision, created_at, updated_at"
  )
  const secretColumn = (id: AiProviderId) => ({ table: "ai_providers", column: "secret", id })

  const select = Effect.fnUntraced(function*(organizationId: OrganizationId, id: AiProviderId) {
    const rows = yield* Effect.orDie(sql<ProviderRow>`SELECT ${columns} FROM ai_providers
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`)
    return Option.fromUndefinedOr(rows[0])
  })

  const find = Effect.fnUntraced(function*(id: AiProviderId) {
    const organization = yield* CurrentOrganization
    const row = yield* select(organization.id, id)
    return Option.isNone(row) ? yield* NotFound.of("language model", id) : row.value
  })

  const adapterOf = (kind: string): Effect.Effect<AiProviderAdapter, InvalidInput> =>
    Option.match(registry.get(kind), {
      onNone: () =>
        Effect.fail(InvalidInput.of(
          "/kind",
          `There is no kind "${kind}". Known: ${registry.all.map((known) => known.id).join(", ")}.`
        )),
      onSome: Effect.succeed
    })

  const checkSettings = (adapter: AiProviderAdapter, settings: Schema.JsonObject) =>
    Effect.mapError(adapter.check(settings), invalidSettings)

  const checkSecret = (adapter: AiProviderAdapter, has: boolean) =>
    adapter.secretRequired && !has
      ? Effect.fail(InvalidInput.of("/secret", `${adapter.name} needs a secret.`))
      : Effect.void

  const secretOf = Effect.fnUntraced(function*(row: ProviderRow) {
    if (row.secret === null) return undefined
    const id = Id.fromBytes<AiProviderId>(row.id)
    return yield* secrets.open(secretColumn(id), row.secret).pipe(
      Effect.tapError((error) => Effect.logError(`The secret of language model ${id} can't be read: ${error.reason}`)),
      Effect.mapError(() => notUsable)
    )
  })

  // The key names a revision, so a changed provider is another entry and the former one ends when its last use does.
  const models = yield* LayerMap.make((key: string) => {
    const [organizationId, id] = key.split("/") as [OrganizationId, AiProviderId]
    return Layer.unwrap(Effect.gen(function*() {
      const row = yield* select(organizationId, id)
      if (Option.isNone(row)) return yield* notUsable
      const adapter = registry.get(row.value.kind)
      if (Option.isNone(adapter)) {
        yield* Effect.logWarning(
          `The language model ${id} needs the kind "${row.value.kind}", which this process lacks`
        )
        return yield* notUsable
      }
      const settings = yield* Effect.orDie(decodeSettings(row.value.settings))
      const secret = yield* secretOf(row.value).pipe(Effect.provideService(CurrentOrganization, { id: organizationId }))
      return yield* adapter.value.layer({ model: row.value.model, settings, secret }).pipe(
        Effect.tapError(() => Effect.logError(`The settings of language model ${id} can't be read`)),
        Effect.mapError(() => notUsable)
      )
    }))
  }, { idleTimeToLive: "5 minutes" })

  const resolved = Effect.fnUntraced(function*(row: ProviderRow) {
    const id = Id.fromBytes<AiProviderId>(row.id)
    const key = [Id.fromBytes(row.organization_id), id, Id.fromBytes(row.revision)].join("/")
    return {
      providerId: id,
      kind: row.kind,
      model: row.model === "" ? row.kind : row.model,
      price: yield* priceOf(row),
      layer: models.get(key)
    } satisfies ResolvedModel
  })

  const defaultRow = Effect.fnUntraced(function*() {
    const organization = yield* CurrentOrganization
    const rows = yield* Effect.orDie(sql<ProviderRow>`SELECT ${columns} FROM ai_providers
      WHERE organization_id = ${Id.toBytes(organization.id)} AND is_default = 1 ORDER BY id LIMIT 1`)
    return Option.fromUndefinedOr(rows[0])
  })

  const resolve = Effect.fn("AiProviders.resolve")(function*(id: AiProviderId | null) {
    const organization = yield* CurrentOrganization
    const named = id === null ? Option.none<ProviderRow>() : yield* select(organization.id, id)
    const row = Option.isSome(named) ? named : yield* defaultRow()
    return Option.isSome(row) ? yield* resolved(row.value) : builtIn
  })

  const becomeDefault = (organizationId: Uint8Array, id: Uint8Array) =>
    sql`UPDATE ai_providers SET is_default = CASE WHEN id = ${id} THEN 1 ELSE 0 END WHERE organization_id = ${organizationId}`

  const create = Effect.fn("AiProviders.create")(function*(input: CreateAiProvider) {
    const organization = yield* CurrentOrganization
    const adapter = yield* adapterOf(input.kind)
    yield* checkSettings(adapter, input.settings)
    yield* checkSecret(adapter, input.secret !== undefined)
    const id = yield* Id.next(AiProviderId)
    const sealed = input.secret === undefined ? null : yield* secrets.seal(secretColumn(id), input.secret)
    const now = yield* Clock.currentTimeMillis
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const first = Option.isNone(yield* defaultRow())
        yield* sql`INSERT INTO ai_providers ${
          sql.insert({
            organization_id: Id.toBytes(organization.id),
            id: Id.toBytes(id),
            kind: input.kind,
            name: input.name,
            model: input.model,
            settings: encodeSettings(input.settings),
            secret: sealed,
            price: input.price === undefined || input.price === null ? null : encodePrice(input.price),
            is_default: 0,
            revision: Id.toBytes(yield* Id.next(AiProviderId)),
            created_at: now,
            updated_at: now
          })
        }`
        if (first || input.isDefault === true) yield* becomeDefault(Id.toBytes(organization.id), Id.toBytes(id))
        yield* events.append(AiProviderCreated, { aggregateId: id, payload: { aiProviderId: id, kind: input.kind } })
        yield* audit.record({
          action: "ai.provider.created",
          target: { type: "ai_provider", id },
          after: { kind: input.kind, name: input.name, model: input.model, settings: input.settings }
        })
      })
    ).pipe(orDieSql)
    return yield* Effect.flatMap(find(id), toProvider).pipe(Effect.orDie)
  })

  const list = Effect.fn("AiProviders.list")(function*(query: Pagination.PageQuery) {
    const organization = yield* CurrentOrganization
    const after = yield* Pagination.position(Position, query)
    const limit = Pagination.limit(query)
    const rows = yield* Effect.orDie(sql<ProviderRow>`SELECT ${columns} FROM ai_providers
      WHERE organization_id = ${Id.toBytes(organization.id)}
        ${after === undefined ? sql.literal("") : sql`AND id > ${Id.toBytes(after.id)}`}
      ORDER BY id LIMIT ${rowLimit(sql, limit + 1)}`)
    return Pagination.page(
      yield* Effect.forEach(rows, toProvider),
      limit,
      Position,
      (provider) => ({ id: provider.id })
    )
  })

  const update = Effect.fn("AiProviders.update")(function*(id: AiProviderId, input: UpdateAiProvider) {
    const row = yield* find(id)
    const before = yield* toProvider(row)
    const adapter = yield* adapterOf(row.kind)
    if (input.settings !== undefined) yield* checkSettings(adapter, input.settings)
    yield* checkSecret(adapter, input.secret === undefined ? row.secret !== null : input.secret !== null)
    const sealed = input.secret === undefined || input.secret === null
      ? input.secret
      : yield* secrets.seal(secretColumn(id), input.secret)
    const now = yield* Clock.currentTimeMillis
    const revision = Id.toBytes(yield* Id.next(AiProviderId))
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const changed = yield* affectedRows(sql`UPDATE ai_providers SET ${
          sql.csv([
            sql`updated_at = ${now}`,
            sql`revision = ${revision}`,
            ...(input.name === undefined ? [] : [sql`name = ${input.name}`]),
            ...(input.model === undefined ? [] : [sql`model = ${input.model}`]),
            ...(input.settings === undefined ? [] : [sql`settings = ${encodeSettings(input.settings)}`]),
            ...(sealed === undefined ? [] : [sql`secret = ${sealed}`]),
            ...(input.price === undefined
              ? []
              : [sql`price = ${input.price === null ? null : encodePrice(input.price)}`])
          ])
        } WHERE organization_id = ${row.organization_id} AND id = ${row.id}`)
        if (changed === 0) return yield* NotFound.of("language model", id)
        if (input.isDefault === true) yield* becomeDefault(row.organization_id, row.id)
        yield* events.append(AiProviderUpdated, { aggregateId: id, payload: { aiProviderId: id } })
        yield* audit.record({
          action: "ai.provider.updated",
          target: { type: "ai_provider", id },
          before: { name: before.name, model: before.model, settings: before.settings, isDefault: before.isDefault },
          after: {
            name: input.name ?? before.name,
            model: input.model ?? before.model,
            settings: input.settings ?? before.settings,
            isDefault: input.isDefault ?? before.isDefault,
            keyReplaced: input.secret !== undefined
          }
        })
      })
    ).pipe(orDieSql)
    return yield* Effect.flatMap(find(id), toProvider)
  })

  const remove = Effect.fn("AiProviders.delete")(function*(id: AiProviderId) {
    const row = yield* find(id)
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const removed = yield* affectedRows(sql`DELETE FROM ai_providers
          WHERE organization_id = ${row.organization_id} AND id = ${row.id}`)
        if (removed === 0) return yield* NotFound.of("language model", id)
        yield* events.append(AiProviderDeleted, { aggregateId: id, payload: { aiProviderId: id } })
        yield* audit.record({
          action: "ai.provider.deleted",
          target: { type: "ai_provider", id },
          before: { kind: row.kind, name: row.name, model: row.model }
        })
      })
    ).pipe(orDieSql)
  })

  const test = Effect.fn("AiProviders.test")(function*(id: AiProviderId) {
    const row = yield* find(id)
    const { layer } = yield* resolved(row)
    const started = yield* Clock.currentTimeMillis
    const outcome = yield* GroundedAnswer.generate(trial).pipe(
      Effect.provide(layer),
      Effect.map(({ answer }): Pick<AiProviderCheck, "status" | "message"> =>
        answer.verdict === "answer" && /green/i.test(answer.text) && answer.citations.some(({ source }) => source === 1)
          ? { status: "ok", message: "It answered a trial question from its source." }
          : { status: "warn", message: `It answered, but not from the source: "${answer.text.slice(0, 200)}"` }
      ),
      Effect.catchTags({
        AiError: (error: AiError.AiError) =>
          Effect.succeed({ status: "fail" as const, message: error.reason.message.slice(0, 500) }),
        Unavailable: () =>
          Effect.succeed({ status: "fail" as const, message: "Its settings or its secret can't be read." })
      }),
      Effect.timeoutOrElse({
        duration: "30 seconds",
        orElse: () => Effect.succeed({ status: "fail" as const, message: "No answer within 30 seconds." })
      })
    )
    return { ...outcome, latency: (yield* Clock.currentTimeMillis) - started } satisfies AiProviderCheck
  })

  const transcribe = Effect.fn("AiProviders.transcribe")(
    function*(id: AiProviderId, model: string, recording: Recording) {
      const row = yield* find(id)
      const adapter = registry.get(row.kind)
      if (Option.isNone(adapter) || adapter.value.transcribe === undefined) return yield* notUsable
      const settings = yield* Effect.orDie(decodeSettings(row.settings))
      return yield* adapter.value.transcribe({ model, settings, secret: yield* secretOf(row) }, recording).pipe(
        Effect.catchTag("SchemaError", () => notUsable),
        Effect.provideService(HttpClient.HttpClient, httpClient)
      )
    }
  )

  return AiProviders.of({
    transcribe,
    create,
    list,
    get: Effect.fn("AiProviders.get")((id) => Effect.flatMap(find(id), toProvider)),
    update,
    delete: remove,
    test,
    resolve
  })
})
