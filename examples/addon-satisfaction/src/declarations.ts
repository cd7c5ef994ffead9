/** What the add-on declares: its permission, its setting, its event and its table. */
import { ConversationId } from "@wicara/conversations/Conversation"
import * as Events from "@wicara/core/Events"
import * as Migrations from "@wicara/core/Migrations"
import * as Permissions from "@wicara/core/Permissions"
import * as Settings from "@wicara/core/Settings"
import { Schema } from "effect"

export const permissions = Permissions.define("satisfaction", {
  read: "See what people answered when they were asked how it was",
  write: "Note what people answered"
}, { group: "service" })

export const scale = Settings.define({
  key: "satisfaction.scale",
  schema: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 10 })),
  default: 5,
  description: "The best score that people can give."
})

export const answered = Events.define(
  "satisfaction.answered",
  Schema.Struct({ conversationId: ConversationId, score: Schema.Int })
)

export const migrations = Migrations.make("satisfaction", [
  {
    name: "satisfaction_surveys",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS satisfaction_surveys (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        opened_at ${types.instant} NOT NULL,
        score INTEGER,
        comment_text ${types.longText},
        PRIMARY KEY (organization_id, conversation_id)
      ) ${types.clustered}`
  }
])
