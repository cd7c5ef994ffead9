/**
 * The tables of what people sign in with. They belong to people, not to an organization: a person has one account and
 * acts in several organizations with it.
 *
 * @since 0.1.0
 */
import { addColumn, createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

const instantColumn = (table: string, column: string): Migration =>
  addColumn({ name: `${table}_${column}`, table, column, type: (types) => types.instant })

/**
 * @category migrations
 * @since 0.1.0
 */
export const signInMigrations: ReadonlyArray<Migration> = [
  instantColumn("core_users", "email_verified_at"),
  addColumn({
    name: "core_users_locale",
    table: "core_users",
    column: "locale",
    type: (types) => types.text(35)
  }),
  addColumn({
    name: "core_users_timezone",
    table: "core_users",
    column: "timezone",
    type: (types) => types.text(64)
  }),
  addColumn({
    name: "core_users_preferences",
    table: "core_users",
    column: "preferences",
    type: (types) => types.longText
  }),
  addColumn({
    name: "core_sessions_method",
    table: "core_sessions",
    column: "method",
    type: (types) => types.text(63)
  }),
  addColumn({
    name: "core_sessions_transport",
    table: "core_sessions",
    column: "transport",
    type: (types) => types.text(16)
  }),
  instantColumn("core_sessions", "authenticated_at"),
  instantColumn("core_sessions", "second_factor_at"),
  instantColumn("core_sessions", "token_issued_at"),
  addColumn({
    name: "core_organizations_two_factor_required",
    table: "core_organizations",
    column: "two_factor_required",
    type: (_, sql) => sql.literal("SMALLINT NOT NULL DEFAULT 0")
  }),
  {
    // The tokens a session had before, by which one that was stolen is told.
    name: "core_session_used_tokens",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_session_used_tokens (
        token_hash ${types.digest} NOT NULL PRIMARY KEY,
        session_id ${types.id} NOT NULL,
        successor ${types.bytes} NOT NULL,
        replaced_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_session_used_tokens_session",
    table: "core_session_used_tokens",
    columns: ["session_id"]
  }),
  {
    // By digests of addresses, so that those without an account are counted like the others and not stored.
    name: "core_sign_in_limits",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_sign_in_limits (
        subject ${types.digest} NOT NULL PRIMARY KEY,
        failures INTEGER NOT NULL,
        locked_until ${types.instant} NOT NULL,
        forget_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_sign_in_limits_forget", table: "core_sign_in_limits", columns: ["forget_at"] }),
  { name: "core_login_attempts_dropped", run: (sql) => sql`DROP TABLE IF EXISTS core_login_attempts` },
  {
    name: "core_sign_in_challenges",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_sign_in_challenges (
        token_hash ${types.digest} NOT NULL PRIMARY KEY,
        step ${types.text(32)} NOT NULL,
        user_id ${types.id},
        state ${types.longText} NOT NULL,
        attempts INTEGER NOT NULL,
        expires_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_sign_in_challenges_expiry",
    table: "core_sign_in_challenges",
    columns: ["expires_at"]
  }),
  createIndex({ name: "core_sign_in_challenges_user", table: "core_sign_in_challenges", columns: ["user_id"] }),
  {
    name: "core_account_tokens",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_account_tokens (
        token_hash ${types.digest} NOT NULL PRIMARY KEY,
        purpose ${types.text(32)} NOT NULL,
        user_id ${types.id} NOT NULL,
        email ${types.text(190)} NOT NULL,
        created_at ${types.instant} NOT NULL,
        expires_at ${types.instant} NOT NULL,
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_account_tokens_user",
    table: "core_account_tokens",
    columns: ["user_id", "purpose"]
  }),
  createIndex({ name: "core_account_tokens_expiry", table: "core_account_tokens", columns: ["expires_at"] }),
  {
    name: "core_totp",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_totp (
        user_id ${types.id} NOT NULL PRIMARY KEY,
        sealed_key ${types.longText} NOT NULL,
        last_step BIGINT NOT NULL,
        created_at ${types.instant} NOT NULL,
        confirmed_at ${types.instant},
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  {
    name: "core_recovery_codes",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_recovery_codes (
        user_id ${types.id} NOT NULL,
        code_hash ${types.digest} NOT NULL,
        used_at ${types.instant},
        PRIMARY KEY (user_id, code_hash),
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  {
    // The digest of an address and a browser from which somebody signed in.
    name: "core_user_places",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_user_places (
        user_id ${types.id} NOT NULL,
        place ${types.digest} NOT NULL,
        last_seen_at ${types.instant} NOT NULL,
        PRIMARY KEY (user_id, place),
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_user_places_seen", table: "core_user_places", columns: ["last_seen_at"] }),
  {
    // No foreign key: attempts on addresses that nobody has are recorded like the others.
    name: "core_authentication_events",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_authentication_events (
        account ${types.digest} NOT NULL,
        id ${types.id} NOT NULL,
        user_id ${types.id},
        organization_id ${types.id},
        type ${types.text(63)} NOT NULL,
        method ${types.text(63)},
        detail ${types.text(190)},
        suspicious SMALLINT NOT NULL,
        actor ${types.longText} NOT NULL,
        ip ${types.text(64)},
        user_agent ${types.text(255)},
        at ${types.instant} NOT NULL,
        PRIMARY KEY (account, id)
      ) ${types.clustered}`
  },
  createIndex({ name: "core_authentication_events_at", table: "core_authentication_events", columns: ["at"] }),
  {
    name: "core_passkeys",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_passkeys (
        user_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        credential_hash ${types.digest} NOT NULL,
        credential_id ${types.longText} NOT NULL,
        public_key ${types.bytes} NOT NULL,
        counter BIGINT NOT NULL,
        transports ${types.text(120)} NOT NULL,
        backed_up SMALLINT NOT NULL,
        name ${types.text(120)} NOT NULL,
        created_at ${types.instant} NOT NULL,
        last_used_at ${types.instant},
        PRIMARY KEY (user_id, id),
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_passkeys_credential", table: "core_passkeys", columns: ["credential_hash"], unique: true }),
  {
    name: "core_user_identities",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_user_identities (
        provider ${types.text(63)} NOT NULL,
        subject ${types.text(255)} NOT NULL,
        user_id ${types.id} NOT NULL,
        email ${types.text(190)},
        created_at ${types.instant} NOT NULL,
        last_used_at ${types.instant},
        PRIMARY KEY (provider, subject),
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_user_identities_user", table: "core_user_identities", columns: ["user_id"] }),
  {
    name: "core_avatars",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_avatars (
        user_id ${types.id} NOT NULL PRIMARY KEY,
        content_type ${types.text(63)} NOT NULL,
        digest ${types.digest} NOT NULL,
        body ${types.bytes} NOT NULL,
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  }
]
