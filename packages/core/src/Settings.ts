/**
 * Settings that packages declare and organizations choose: typed, validated, with a default. A value is the
 * organization's own, else the platform's, else the declared default. A feature switch is a setting that is on or off.
 *
 * What the operator gives the process (ports, addresses, keys) is `Configuration`; credentials are `Secrets`.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { ModuleRegistry } from "./Module.ts"
import * as Permissions from "./Permissions.ts"
import { Forbidden, InvalidInput, NotFound } from "./Problem.ts"
import { onPlatform } from "./PlatformAdmins.ts"
import { platformAdmin } from "./PlatformPermission.ts"
import { SettingValue } from "./SettingValue.ts"
import type { SettingScope } from "./SettingValue.ts"
import { orDieSql, transaction } from "./Sql.ts"
import { CurrentActor, CurrentOrganization } from "./Tenancy.ts"

/**
 * A declared setting.
 *
 * @category models
 * @since 0.1.0
 */
export interface Setting<
  S extends Schema.ConstraintCodec<unknown, unknown> = Schema.ConstraintCodec<unknown, unknown>
> {
  /** Dotted, of the package that reads it: `invitations.days`. Never change it once released. */
  readonly key: string
  readonly kind: "setting" | "feature"
  readonly scope: SettingScope
  /** Its encoded form is JSON. */
  readonly schema: S
  readonly default: S["Type"]
  /** One sentence for who decides. */
  readonly description: string
}

/**
 * @category constructors
 * @since 0.1.0
 * @example
 * const days = Settings.define({
 *   key: "invitations.days", schema: Schema.Int, default: 7, description: "How long an invitation holds."
 * })
 */
export const define = <S extends Schema.ConstraintCodec<unknown, unknown>>(setting: {
  readonly key: string
  readonly schema: S
  readonly default: S["Type"]
  readonly description: string
  /** `organization` if absent. */
  readonly scope?: SettingScope
}): Setting<S> => ({ kind: "setting", scope: "organization", ...setting })

/**
 * A switch.
 *
 * @category constructors
 * @since 0.1.0
 */
export const feature = (setting: {
  readonly key: string
  readonly default: boolean
  readonly description: string
  readonly scope?: SettingScope
}): Setting<typeof Schema.Boolean> => ({ kind: "feature", scope: "organization", schema: Schema.Boolean, ...setting })

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class Settings extends Context.Service<Settings, {
  /** The value that holds for the current organization. */
  readonly get: <S extends Schema.ConstraintCodec<unknown, unknown>>(
    setting: Setting<S>
  ) => Effect.Effect<S["Type"], never, CurrentOrganization>
  /** The value that holds for the server. */
  readonly getPlatform: <S extends Schema.ConstraintCodec<unknown, unknown>>(
    setting: Setting<S>
  ) => Effect.Effect<S["Type"]>
  /** All that the organization has, in the order of their keys. */
  readonly list: Effect.Effect<ReadonlyArray<SettingValue>, never, CurrentOrganization>
  readonly find: (key: string) => Effect.Effect<SettingValue, NotFound, CurrentOrganization>
  /** Gives the organization a value of its own. */
  readonly set: (
    key: string,
    value: unknown
  ) => Effect.Effect<SettingValue, NotFound | InvalidInput | Forbidden, Acting>
  /** Takes the organization's own value away. */
  readonly reset: (key: string) => Effect.Effect<SettingValue, NotFound | Forbidden, Acting>
  /** All of the server, with the platform's values. */
  readonly listPlatform: Effect.Effect<ReadonlyArray<SettingValue>>
  /** Gives the whole server a value; it is told by the platform's own audit log. */
  readonly setPlatform: (
    key: string,
    value: unknown
  ) => Effect.Effect<SettingValue, NotFound | InvalidInput, CurrentActor>
  readonly resetPlatform: (key: string) => Effect.Effect<SettingValue, NotFound, CurrentActor>
}>()("@wicara/core/Settings") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Settings,
    never,
    SqlClient.SqlClient | ModuleRegistry | Events | Audit
  > = Layer.suspend(() => Layer.effect(Settings, make))
}

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))
const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ModuleRegistry
  const events = yield* Events
  const audit = yield* Audit

  const all = new Map(
    registry.all.flatMap(({ settings }) => settings).toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map((setting) => [setting.key, setting])
  )

  const ofOrganization = (id: CurrentOrganization["Service"]["id"], key?: string) =>
    Effect.orDie(sql<ValueRow>`SELECT setting_key, value FROM core_settings WHERE organization_id = ${Id.toBytes(id)}
      ${key === undefined ? sql.literal("") : sql`AND setting_key = ${key}`}`)

  const ofPlatform = (key?: string) =>
    Effect.orDie(sql<ValueRow>`SELECT setting_key, value FROM core_platform_settings
      ${key === undefined ? sql.literal("") : sql`WHERE setting_key = ${key}`}`)

  /** A stored value that the declaration no longer allows counts as absent. */
  const decodeStored = (setting: Setting, rows: ReadonlyArray<ValueRow>): Option.Option<unknown> => {
    const row = rows.find(({ setting_key }) => setting_key === setting.key)
    if (row === undefined) return Option.none()
    return Result.getSuccess(Schema.decodeUnknownResult(setting.schema)(decodeJson(row.value)))
  }

  const describe = (
    setting: Setting,
    own: ReadonlyArray<ValueRow>,
    platform: ReadonlyArray<ValueRow>
  ): SettingValue => {
    const encode = (value: unknown) => Schema.encodeSync(setting.schema)(value) as Schema.Json
    const ofOwn = setting.scope === "platform" ? Option.none() : decodeStored(setting, own)
    const ofServer = decodeStored(setting, platform)
    const source = Option.isSome(ofOwn) ? "organization" : Option.isSome(ofServer) ? "platform" : "default"
    return new SettingValue({
      key: setting.key,
      kind: setting.kind,
      scope: setting.scope,
      description: setting.description,
      value: encode(Option.getOrElse(Option.orElse(ofOwn, () => ofServer), () => setting.default)),
      default: encode(setting.default),
      source,
      schema: Schema.toJsonSchemaDocument(setting.schema).schema as Schema.Json
    })
  }

  const declared = (key: string) => {
    const setting = all.get(key)
    return setting === undefined
      ? Effect.fail(new NotFound({ resource: "setting", id: key, detail: `There is no setting "${key}".` }))
      : Effect.succeed(setting)
  }

  const ofTheOrganization = Effect.fnUntraced(function*(key: string) {
    const setting = yield* declared(key)
    return setting.scope === "platform" ? yield* NotFound.of("setting", key) : setting
  })

  const mayChange = Effect.fnUntraced(function*(setting: Setting) {
    const actor = yield* CurrentActor
    if (setting.scope === "platform-per-organization" && !Permissions.holds(actor, platformAdmin.name)) {
      return yield* Forbidden.of(platformAdmin.name)
    }
  })

  const valid = (setting: Setting, value: unknown) =>
    Schema.decodeUnknownEffect(setting.schema)(value).pipe(
      Effect.mapBoth({
        onSuccess: (value) => Schema.encodeSync(setting.schema)(value) as Schema.Json,
        onFailure: (error) =>
          InvalidInput.of("/value", `This is no value of "${setting.key}": ${error.message.replaceAll(/\s+/g, " ")}`)
      })
    )

  const find = Effect.fnUntraced(function*(key: string) {
    const { id } = yield* CurrentOrganization
    const setting = yield* ofTheOrganization(key)
    return describe(setting, yield* ofOrganization(id, key), yield* ofPlatform(key))
  })

  const findPlatform = Effect.fnUntraced(function*(key: string) {
    const setting = yield* declared(key)
    return describe(setting, [], yield* ofPlatform(key))
  })

  const upsert = (table: "core_settings" | "core_platform_settings", row: Record<string, unknown>, value: string) =>
    sql.onDialectOrElse({
      mysql: () => sql`INSERT INTO ${sql(table)} ${sql.insert(row)} ON DUPLICATE KEY UPDATE value = ${value}`,
      orElse: () =>
        sql`INSERT INTO ${sql(table)} ${sql.insert(row)} ON CONFLICT (${
          sql.literal(table === "core_settings" ? "organization_id, setting_key" : "setting_key")
        }) DO UPDATE SET value = ${value}`
    })

  /** Changes a value with its event and its record, or nothing of it. */
  const changing = <E, R>(
    where: "organization" | "platform",
    setting: Setting,
    before: SettingValue,
    change: Effect.Effect<unknown, E, R>,
    read: Effect.Effect<SettingValue, NotFound, CurrentOrganization>
  ) =>
    orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        yield* change
        const after = yield* Effect.orDie(read)
        const { id } = yield* CurrentOrganization
        if (where === "organization") {
          yield* events.append(CoreEvents.settingChanged, { aggregateId: id, payload: { key: setting.key } })
        }
        yield* audit.record({
          action: where === "organization" ? "setting.changed" : "platform.setting_changed",
          target: { type: "setting", id: setting.key },
          before: { value: before.value, source: before.source },
          after: { value: after.value, source: after.source }
        })
        return after
      })
    ))

  return Settings.of({
    get: Effect.fnUntraced(function*(setting) {
      if (setting.scope !== "platform") {
        const { id } = yield* CurrentOrganization
        const own = decodeStored(setting, yield* ofOrganization(id, setting.key))
        if (Option.isSome(own)) return own.value
      }
      return Option.getOrElse(decodeStored(setting, yield* ofPlatform(setting.key)), () => setting.default)
    }),
    getPlatform: Effect.fnUntraced(function*(setting) {
      return Option.getOrElse(decodeStored(setting, yield* ofPlatform(setting.key)), () => setting.default)
    }),
    list: Effect.gen(function*() {
      const { id } = yield* CurrentOrganization
      const [own, platform] = [yield* ofOrganization(id), yield* ofPlatform()]
      return [...all.values()].filter(({ scope }) => scope !== "platform").map((one) => describe(one, own, platform))
    }).pipe(Effect.withSpan("Settings.list")),
    find: Effect.fn("Settings.find")(find),
    set: Effect.fn("Settings.set")(function*(key, value) {
      const { id } = yield* CurrentOrganization
      const setting = yield* ofTheOrganization(key)
      yield* mayChange(setting)
      const encoded = encodeJson(yield* valid(setting, value))
      const now = yield* Clock.currentTimeMillis
      return yield* changing(
        "organization",
        setting,
        yield* find(key),
        upsert(
          "core_settings",
          { organization_id: Id.toBytes(id), setting_key: key, value: encoded, changed_at: now },
          encoded
        ),
        find(key)
      )
    }),
    reset: Effect.fn("Settings.reset")(function*(key) {
      const { id } = yield* CurrentOrganization
      const setting = yield* ofTheOrganization(key)
      yield* mayChange(setting)
      return yield* changing(
        "organization",
        setting,
        yield* find(key),
        sql`DELETE FROM core_settings WHERE organization_id = ${Id.toBytes(id)} AND setting_key = ${key}`,
        find(key)
      )
    }),
    listPlatform: Effect.gen(function*() {
      const platform = yield* ofPlatform()
      return [...all.values()].map((one) => describe(one, [], platform))
    }).pipe(Effect.withSpan("Settings.listPlatform")),
    setPlatform: Effect.fn("Settings.setPlatform")(function*(key, value) {
      const setting = yield* declared(key)
      const encoded = encodeJson(yield* valid(setting, value))
      const now = yield* Clock.currentTimeMillis
      return yield* onPlatform(changing(
        "platform",
        setting,
        yield* findPlatform(key),
        upsert("core_platform_settings", { setting_key: key, value: encoded, changed_at: now }, encoded),
        findPlatform(key)
      ))
    }),
    resetPlatform: Effect.fn("Settings.resetPlatform")(function*(key) {
      const setting = yield* declared(key)
      return yield* onPlatform(changing(
        "platform",
        setting,
        yield* findPlatform(key),
        sql`DELETE FROM core_platform_settings WHERE setting_key = ${key}`,
        findPlatform(key)
      ))
    })
  })
})

interface ValueRow {
  readonly setting_key: string
  readonly value: string
}
