/**
 * The kinds of mail that the server's modules send, and so have templates for.
 *
 * @since 0.1.0
 */
import type { MailDefinition } from "@wicara/core/Mail"
import { ModuleRegistry, ModulesInvalid } from "@wicara/core/Module"
import { Context, Effect, Layer } from "effect"
import { mailProblems } from "./internal/builtIn.ts"
import { MailLocale } from "./MailTemplate.ts"

/**
 * What the texts that come with a kind miss in a language, as sentences: a text, a place that it has no value for, words
 * for one of the values, the secret without which it is worth nothing.
 *
 * @category checks
 * @since 0.1.0
 */
export const problemsOf = (definition: MailDefinition, locale: MailLocale): ReadonlyArray<string> =>
  mailProblems(definition, locale)

/**
 * @category services
 * @since 0.1.0
 */
export class MailKinds extends Context.Service<MailKinds, {
  readonly all: ReadonlyArray<MailDefinition>
  readonly find: (kind: string) => MailDefinition | undefined
}>()("@wicara/notifications/MailKinds") {
  /**
   * Dies when the texts of a kind can't be what it says.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<MailKinds, never, ModuleRegistry> = Layer.effect(
    MailKinds,
    Effect.flatMap(ModuleRegistry, (registry) => {
      const all = registry.all.flatMap(({ mails }) => mails)
      const problems = all.flatMap((kind) => MailLocale.literals.flatMap((locale) => problemsOf(kind, locale)))
      if (problems.length > 0) return Effect.die(new ModulesInvalid({ problems }))
      const byKind = new Map(all.map((definition) => [definition.kind, definition]))
      return Effect.succeed(MailKinds.of({ all, find: (kind) => byKind.get(kind) }))
    })
  )
}
