/**
 * The people who answer customers, to choose from: by skill, language, team and whether they are there.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AgentProfile, Skill } from "./AgentProfile.ts"
import type { AgentProfileChanges, Availability } from "./AgentProfile.ts"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import * as Pagination from "./Pagination.ts"
import { NotFound } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import * as Revision from "./Revision.ts"
import type { RevisionMismatch } from "./Revision.ts"
import type { TeamId } from "./Scope.ts"
import { orDieSql, rowLimit, transaction } from "./Sql.ts"
import { CurrentOrganization, UserId } from "./Tenancy.ts"
import type { CurrentActor } from "./Tenancy.ts"

/**
 * Which agents to list: those for whom all that is named holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface AgentQuery extends Pagination.PageQuery {
  readonly availability?: Availability | undefined
  readonly skill?: string | undefined
  /** A language, in any of its regions unless one is named. */
  readonly language?: string | undefined
  readonly teamId?: TeamId | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class AgentProfiles extends Context.Service<AgentProfiles, {
  /** Active members of whom something is said, in the order in which the users were made. */
  readonly list: (
    query: AgentQuery
  ) => Effect.Effect<Pagination.Page<AgentProfile>, InvalidInput, CurrentOrganization>
  /** A member's profile; an empty one while nothing is said of them. */
  readonly get: (userId: UserId) => Effect.Effect<AgentProfile, NotFound, CurrentOrganization>
  readonly update: (
    userId: UserId,
    changes: AgentProfileChanges,
    expectedRevision: number | undefined
  ) => Effect.Effect<AgentProfile, NotFound | RevisionMismatch, CurrentOrganization | CurrentActor>
}>()("@wicara/core/AgentProfiles") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<AgentProfiles, never, SqlClient.SqlClient | Events | Audit> = Layer.suspend(
    () => Layer.effect(AgentProfiles, make)
  )
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const events = yield* Events
  const audit = yield* Audit

  const select = sql.literal(`SELECT m.user_id, u.name, p.skills, p.languages, p.capacity, p.availability,
    p.availability_changed_at, p.revision, p.updated_at
    FROM core_memberships m JOIN core_users u ON u.id = m.user_id`)

  const joined = sql.literal("core_agent_profiles p ON p.organization_id = m.organization_id AND p.user_id = m.user_id")

  const get = Effect.fnUntraced(function*(userId: UserId) {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<ProfileRow>`${select} LEFT JOIN ${joined}
      WHERE m.organization_id = ${Id.toBytes(organization.id)} AND m.user_id = ${Id.toBytes(userId)}`)
    return row === undefined ? yield* NotFound.of("member", userId) : toProfile(row)
  })

  const speaks = (language: string) => {
    const tag = new Intl.Locale(language).toString()
    const exactly = sql`INSTR(p.languages, ${`"${tag}"`}) > 0`
    return tag.includes("-") ? exactly : sql`(${exactly} OR INSTR(p.languages, ${`"${tag}-`}) > 0)`
  }

  return AgentProfiles.of({
    list: Effect.fn("AgentProfiles.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const after = yield* Pagination.position(UserId, query)
      const limit = Pagination.limit(query)
      const filters = [
        sql`m.organization_id = ${Id.toBytes(organization.id)}`,
        sql`m.status = 'active'`,
        ...(after === undefined ? [] : [sql`m.user_id > ${Id.toBytes(after)}`]),
        ...(query.availability === undefined ? [] : [sql`p.availability = ${query.availability}`]),
        ...(query.skill === undefined ? [] : [sql`INSTR(p.skills, ${`"name":"${query.skill}"`}) > 0`]),
        ...(query.language === undefined ? [] : [speaks(query.language)]),
        ...(query.teamId === undefined ? [] : [
          sql`m.user_id IN (SELECT user_id FROM core_team_members
            WHERE organization_id = ${Id.toBytes(organization.id)} AND team_id = ${Id.toBytes(query.teamId)})`
        ])
      ]
      const rows = yield* Effect.orDie(sql<ProfileRow>`${select} JOIN ${joined}
        WHERE ${sql.and(filters)} ORDER BY m.user_id LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toProfile), limit, UserId, ({ userId }) => userId)
    }),
    get: Effect.fn("AgentProfiles.get")(get),
    update: Effect.fn("AgentProfiles.update")(function*(userId, changes, expectedRevision) {
      const organization = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      return yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          // The member's row is the lock: their profile may not be there yet.
          yield* sql`UPDATE core_memberships SET status = status
            WHERE organization_id = ${Id.toBytes(organization.id)} AND user_id = ${Id.toBytes(userId)}`
          const before = yield* get(userId)
          yield* Revision.check(expectedRevision, before.revision)
          const availability = changes.availability ?? before.availability
          const stored = {
            skills: encodeSkills(changes.skills ?? before.skills),
            languages: encodeLanguages(
              (changes.languages ?? before.languages).map((tag) => new Intl.Locale(tag).toString())
            ),
            capacity: changes.capacity === undefined ? before.capacity : changes.capacity,
            availability,
            availability_changed_at: availability === before.availability && before.availabilityChangedAt !== null
              ? DateTime.toEpochMillis(before.availabilityChangedAt)
              : now,
            revision: before.revision + 1,
            updated_at: now
          }
          yield* before.revision === 0
            ? sql`INSERT INTO core_agent_profiles ${
              sql.insert({ organization_id: Id.toBytes(organization.id), user_id: Id.toBytes(userId), ...stored })
            }`
            : sql`UPDATE core_agent_profiles SET ${sql.update(stored)}
              WHERE organization_id = ${Id.toBytes(organization.id)} AND user_id = ${Id.toBytes(userId)}`
          const after = yield* get(userId)
          yield* events.append(CoreEvents.agentProfileChanged, {
            aggregateId: userId,
            payload: { userId, availability }
          })
          yield* audit.record({
            action: "agent-profile.changed",
            target: { type: "member", id: userId },
            before: written(before),
            after: written(after)
          })
          return after
        })
      ))
    })
  })
})

const Skills = Schema.fromJsonString(Schema.Array(Skill))
const Languages = Schema.fromJsonString(Schema.Array(Schema.String))
const encodeSkills = Schema.encodeSync(Skills)
const decodeSkills = Schema.decodeUnknownSync(Skills)
const encodeLanguages = Schema.encodeSync(Languages)
const decodeLanguages = Schema.decodeUnknownSync(Languages)

interface ProfileRow {
  readonly user_id: Uint8Array
  readonly name: string
  readonly skills: string | null
  readonly languages: string | null
  readonly capacity: unknown
  readonly availability: string | null
  readonly availability_changed_at: unknown
  readonly revision: unknown
  readonly updated_at: unknown
}

const toInstant = (millis: unknown) => (millis === null ? null : DateTime.makeUnsafe(Number(millis)))

const toProfile = (row: ProfileRow): AgentProfile =>
  new AgentProfile({
    userId: Id.fromBytes<UserId>(row.user_id),
    name: row.name,
    skills: row.skills === null ? [] : decodeSkills(row.skills),
    languages: row.languages === null ? [] : decodeLanguages(row.languages),
    capacity: row.capacity === null ? null : Number(row.capacity),
    availability: row.availability === null ? "offline" : row.availability as Availability,
    availabilityChangedAt: toInstant(row.availability_changed_at),
    revision: Number(row.revision ?? 0),
    updatedAt: toInstant(row.updated_at)
  })

const written = ({ availability, capacity, languages, skills }: AgentProfile) => ({
  skills,
  languages,
  capacity,
  availability
})
