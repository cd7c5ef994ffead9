/**
 * Tenants: made with their first owner, renamed, suspended.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { isRetired } from "./internal/retiredAddresses.ts"
import type { RoleKey } from "./Membership.ts"
import { Organization, reservedSlugs } from "./Organization.ts"
import type { NewOrganization, OrganizationChanges, OrganizationStatus } from "./Organization.ts"
import * as Pagination from "./Pagination.ts"
import { Conflict } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import * as Roles from "./Roles.ts"
import { orUnique, rowLimit, transaction } from "./Sql.ts"
import { CurrentOrganization, OrganizationId } from "./Tenancy.ts"
import type { CurrentActor, UserId } from "./Tenancy.ts"

/**
 * An organization that a user is an active member of.
 *
 * @category models
 * @since 0.1.0
 */
export interface OrganizationOf {
  readonly organization: Organization
  readonly role: RoleKey
}

/**
 * @category services
 * @since 0.1.0
 */
export class Organizations extends Context.Service<Organizations, {
  /** Makes the organization with its first owner. */
  readonly create: (
    organization: NewOrganization,
    ownerId: UserId
  ) => Effect.Effect<Organization, Conflict, CurrentActor>
  readonly current: Effect.Effect<Organization, never, CurrentOrganization>
  readonly update: (
    changes: OrganizationChanges
  ) => Effect.Effect<Organization, Conflict, CurrentOrganization | CurrentActor>
  /**
   * What the state allows is in `Standing`; the reason is told by the audit log. The end of a trial stays as it is unless
   * it is said.
   */
  readonly setStatus: (
    status: OrganizationStatus,
    options?: { readonly reason?: string | undefined; readonly trialEndsAt?: DateTime.Utc | null | undefined }
  ) => Effect.Effect<Organization, never, CurrentOrganization | CurrentActor>
  readonly find: (id: OrganizationId) => Effect.Effect<Option.Option<Organization>>
  readonly findBySlug: (slug: string) => Effect.Effect<Option.Option<Organization>>
  /** All of the server, in the order in which they were made; for its operator. */
  readonly list: (query: Pagination.PageQuery) => Effect.Effect<Pagination.Page<Organization>, InvalidInput>
  /** Those that a user is an active member of. */
  readonly listOf: (
    userId: UserId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<OrganizationOf>, InvalidInput>
}>()("@wicara/core/Organizations") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Organizations, never, SqlClient.SqlClient | Events | Audit> = Layer.effect(
    Organizations,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const events = yield* Events
      const audit = yield* Audit

      const columns = sql.literal("o.id, o.name, o.slug, o.timezone, o.locale, o.status, o.trial_ends_at, o.created_at")

      const find = (id: OrganizationId) =>
        Effect.map(
          Effect.orDie(
            sql<OrganizationRow>`SELECT ${columns} FROM core_organizations o WHERE o.id = ${Id.toBytes(id)}`
          ),
          (rows) => Option.map(Option.fromUndefinedOr(rows[0]), toOrganization)
        )

      const current = Effect.flatMap(
        CurrentOrganization,
        ({ id }) => Effect.orDie(Effect.flatMap(find(id), Effect.fromOption))
      )

      const freeSlug = Effect.fnUntraced(function*(name: string) {
        const base = slugOf(name)
        const [taken] = yield* sql`SELECT id FROM core_organizations WHERE slug = ${base}`
        if (taken === undefined && !reservedSlugs.has(base) && !(yield* isRetired(sql, base))) return base
        const suffix = Buffer.from(SecureRandom.randomBytesUnsafe(3)).toString("hex")
        return `${base.slice(0, 56)}-${suffix}`
      })

      const taken = (slug: string) => new Conflict({ detail: `The address "${slug}" is taken.` })

      const checkFree = Effect.fnUntraced(function*(slug: string) {
        if (yield* isRetired(sql, slug)) return yield* taken(slug)
      })

      const change = (
        changes: Partial<Record<"name" | "slug" | "timezone" | "locale" | "status", string>>,
        { reason, trialEndsAt }: NonNullable<Parameters<Organizations["Service"]["setStatus"]>[1]> = {}
      ) =>
        transaction(
          sql,
          Effect.gen(function*() {
            const before = yield* current
            const changed = (["name", "slug", "timezone", "locale", "status"] as const).filter((key) =>
              changes[key] !== undefined && changes[key] !== before[key]
            )
            const endsAt = millisOf(trialEndsAt)
            const endChanges = endsAt !== undefined && endsAt !== millisOf(before.trialEndsAt)
            if (changed.length === 0 && !endChanges) return before
            const next = Object.fromEntries(changed.map((key) => [key, changes[key]]))
            const columns = endChanges ? { ...next, trial_ends_at: endsAt, trial_told_at: null } : next
            yield* sql`UPDATE core_organizations SET ${sql.update(columns)} WHERE id = ${Id.toBytes(before.id)}`
            yield* events.append(CoreEvents.organizationChanged, {
              aggregateId: before.id,
              payload: { organizationId: before.id, changed: endChanges ? [...changed, "trialEndsAt"] : changed }
            })
            yield* audit.record({
              action: "organization.changed",
              target: { type: "organization", id: before.id },
              before: {
                ...Object.fromEntries(changed.map((key) => [key, before[key]])),
                ...(endChanges ? { trialEndsAt: textOf(before.trialEndsAt) } : {})
              },
              after: {
                ...next,
                ...(endChanges ? { trialEndsAt: textOf(trialEndsAt) } : {}),
                ...(reason === undefined ? {} : { reason })
              }
            })
            return yield* current
          })
        )

      return Organizations.of({
        create: Effect.fn("Organizations.create")(function*(organization, ownerId) {
          const id = yield* Id.next(OrganizationId)
          const now = yield* Clock.currentTimeMillis
          const make = Effect.gen(function*() {
            if (organization.slug !== undefined) yield* checkFree(organization.slug)
            const slug = organization.slug ?? (yield* freeSlug(organization.name))
            const made = new Organization({
              id,
              name: organization.name,
              slug,
              timezone: organization.timezone ?? "UTC",
              locale: organization.locale ?? "en",
              status: organization.status ?? "active",
              trialEndsAt: organization.trialEndsAt ?? null,
              createdAt: DateTime.makeUnsafe(now)
            })
            yield* sql`INSERT INTO core_organizations ${
              sql.insert({
                id: Id.toBytes(id),
                name: made.name,
                slug,
                timezone: made.timezone,
                locale: made.locale,
                status: made.status,
                trial_ends_at: millisOf(made.trialEndsAt),
                membership_version: 0,
                created_at: now
              })
            }`
            yield* sql`INSERT INTO core_memberships (organization_id, user_id, role, status, user_name, created_at)
              VALUES (${Id.toBytes(id)}, ${Id.toBytes(ownerId)}, ${Roles.owner.key}, 'active',
                (SELECT name FROM core_users WHERE id = ${Id.toBytes(ownerId)}), ${now})`
            yield* events.append(CoreEvents.organizationCreated, {
              aggregateId: id,
              payload: { organizationId: id, ownerId }
            })
            yield* audit.record({
              action: "organization.created",
              target: { type: "organization", id },
              after: { name: made.name, slug, ownerId }
            })
            return made
          })
          return yield* transaction(sql, make).pipe(
            orUnique(() => taken(organization.slug ?? organization.name)),
            Effect.provideService(CurrentOrganization, { id })
          )
        }),
        current: current.pipe(Effect.withSpan("Organizations.current")),
        update: Effect.fn("Organizations.update")((changes) =>
          Effect.andThen(changes.slug === undefined ? Effect.void : checkFree(changes.slug), change(changes)).pipe(
            orUnique(() => taken(changes.slug ?? ""))
          )
        ),
        setStatus: Effect.fn("Organizations.setStatus")((status, options) => Effect.orDie(change({ status }, options))),
        find: Effect.fn("Organizations.find")(find),
        findBySlug: Effect.fn("Organizations.findBySlug")(function*(slug) {
          const rows = yield* Effect.orDie(
            sql<OrganizationRow>`SELECT ${columns} FROM core_organizations o WHERE o.slug = ${slug}`
          )
          return Option.map(Option.fromUndefinedOr(rows[0]), toOrganization)
        }),
        list: Effect.fn("Organizations.list")(function*(query) {
          const after = yield* Pagination.position(OrganizationId, query)
          const limit = Pagination.limit(query)
          const rows = yield* Effect.orDie(sql<OrganizationRow>`SELECT ${columns} FROM core_organizations o
            ${after === undefined ? sql.literal("") : sql`WHERE o.id > ${Id.toBytes(after)}`}
            ORDER BY o.id LIMIT ${rowLimit(sql, limit + 1)}`)
          return Pagination.page(rows.map(toOrganization), limit, OrganizationId, ({ id }) => id)
        }),
        listOf: Effect.fn("Organizations.listOf")(function*(userId, query) {
          const after = yield* Pagination.position(OrganizationId, query)
          const limit = Pagination.limit(query)
          const rows = yield* Effect.orDie(sql<OrganizationRow & { readonly role: string }>`SELECT ${columns}, m.role
            FROM core_memberships m JOIN core_organizations o ON o.id = m.organization_id
            WHERE m.user_id = ${Id.toBytes(userId)} AND m.status = 'active'
            ${after === undefined ? sql.literal("") : sql`AND m.organization_id > ${Id.toBytes(after)}`}
            ORDER BY m.organization_id LIMIT ${rowLimit(sql, limit + 1)}`)
          return Pagination.page(
            rows.map((row): OrganizationOf => ({ organization: toOrganization(row), role: row.role })),
            limit,
            OrganizationId,
            ({ organization }) => organization.id
          )
        })
      })
    })
  )
}

/** A slug made of a name: `PT Água & Co.` becomes `pt-agua-co`. */
const slugOf = (name: string): string => {
  const slug = name.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-").slice(0, 56).replaceAll(/^-+|-+$/g, "")
  return slug.length < 3 ? `org-${slug}`.replaceAll(/-+$/g, "") : slug
}

interface OrganizationRow {
  readonly id: Uint8Array
  readonly name: string
  readonly slug: string
  readonly timezone: string
  readonly locale: string
  readonly status: string
  readonly trial_ends_at: unknown
  readonly created_at: unknown
}

const millisOf = (at: DateTime.Utc | null | undefined) => at == null ? at : DateTime.toEpochMillis(at)

const textOf = (at: DateTime.Utc | null | undefined) => at == null ? null : DateTime.formatIso(at)

const toOrganization = (row: OrganizationRow): Organization =>
  new Organization({
    id: Id.fromBytes<OrganizationId>(row.id),
    name: row.name,
    slug: row.slug,
    timezone: row.timezone,
    locale: row.locale,
    status: row.status as OrganizationStatus,
    trialEndsAt: row.trial_ends_at === null ? null : DateTime.makeUnsafe(Number(row.trial_ends_at)),
    createdAt: DateTime.makeUnsafe(Number(row.created_at))
  })
