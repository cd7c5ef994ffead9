/**
 * The process's environment, read at this one place.
 *
 * @since 0.1.0
 */
import { Context } from "effect"

/**
 * `WICARA_*` variables; the command line lays its flags over them.
 *
 * @category references
 * @since 0.1.0
 */
export const Variables = Context.Reference<Readonly<Record<string, string | undefined>>>(
  "@wicara/server/Environment/Variables",
  { defaultValue: () => process.env }
)
