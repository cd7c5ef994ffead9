/**
 * The kinds of notifications that the server's modules have.
 *
 * @since 0.1.0
 */
import type { MessageTexts } from "@wicara/core/MessageTexts"
import { ModuleRegistry } from "@wicara/core/Module"
import type { NotificationDefinition } from "@wicara/core/Notification"
import type { Organization } from "@wicara/core/Organization"
import type { User } from "@wicara/core/User"
import { Context, Effect, Layer, Option } from "effect"

/**
 * @category services
 * @since 0.1.0
 */
export class NotificationKinds extends Context.Service<NotificationKinds, {
  readonly all: ReadonlyArray<NotificationDefinition>
  readonly find: (kind: string) => Option.Option<NotificationDefinition>
}>()("@wicara/notifications/NotificationKinds") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<NotificationKinds, never, ModuleRegistry> = Layer.effect(
    NotificationKinds,
    Effect.map(ModuleRegistry, (registry) => {
      const all = registry.all.flatMap(({ notifications }) => notifications)
      const byKind = new Map(all.map((definition) => [definition.kind, definition]))
      return NotificationKinds.of({ all, find: (kind) => Option.fromUndefinedOr(byKind.get(kind)) })
    })
  )
}

/**
 * The language in which somebody is told: their own, else the organization's, else English.
 *
 * @category accessors
 * @since 0.1.0
 */
export const languageOf = (
  texts: Pick<MessageTexts["Service"], "lookup">,
  user: Pick<User, "locale"> | undefined,
  organization: Pick<Organization, "locale"> | undefined
): string => texts.lookup([user?.locale, organization?.locale]) ?? "en"
