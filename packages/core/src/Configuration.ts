/**
 * Settings read from the environment and from flags: declared once with their documentation, checked at the start, and
 * listed in a generated reference.
 *
 * @since 0.1.0
 */
import { Effect, Option, Result, Schema } from "effect"

/**
 * One setting.
 *
 * @category models
 * @since 0.1.0
 */
export interface Setting<A> {
  /** The environment variable. */
  readonly name: string
  /** What it is when the variable is absent, as the reference says it. */
  readonly defaultText: string
  /** One sentence for the reference. */
  readonly description: string
  /** Its value is never printed. */
  readonly secret: boolean
  /** Decodes the variable's text, or takes the default; a failure says what was expected. */
  readonly read: (text: Option.Option<string>) => Result.Result<A, string>
}

/**
 * A setting whose value is wrong; `message` is one line that names the variable.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConfigurationError extends Schema.TaggedError<ConfigurationError>()("ConfigurationError", {
  setting: Schema.String,
  message: Schema.String
}) {}

const decode = <A>(schema: Schema.Codec<A, string>, text: string): Result.Result<A, string> =>
  Result.mapError(Schema.decodeUnknownResult(schema)(text), (error) => error.message.replaceAll(/\s+/g, " "))

/**
 * Declares a setting with a default.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const port = Configuration.define({
 *   name: "WICARA_PORT", schema: Schema.NumberFromString, default: 3000, description: "The TCP port."
 * })
 */
export const define = <A>(options: {
  readonly name: string
  readonly schema: Schema.Codec<A, string>
  readonly default: A
  readonly defaultText?: string
  readonly description: string
  readonly secret?: boolean
}): Setting<A> => ({
  name: options.name,
  defaultText: options.defaultText ?? String(options.default),
  description: options.description,
  secret: options.secret ?? false,
  read: Option.match({
    onNone: () => Result.succeed(options.default),
    onSome: (text) => decode(options.schema, text)
  })
})

/**
 * Declares a setting that may be absent.
 *
 * @category constructors
 * @since 0.1.0
 */
export const defineOptional = <A>(options: {
  readonly name: string
  readonly schema: Schema.Codec<A, string>
  readonly defaultText?: string
  readonly description: string
  readonly secret?: boolean
}): Setting<Option.Option<A>> => ({
  name: options.name,
  defaultText: options.defaultText ?? "",
  description: options.description,
  secret: options.secret ?? false,
  read: Option.match({
    onNone: () => Result.succeed(Option.none<A>()),
    onSome: (text) => Result.map(decode(options.schema, text), Option.some)
  })
})

/**
 * The values of a record of settings.
 *
 * @category models
 * @since 0.1.0
 */
export type Values<Settings extends Readonly<Record<string, Setting<unknown>>>> = {
  readonly [K in keyof Settings]: Settings[K] extends Setting<infer A> ? A : never
}

/**
 * Reads every setting from `variables` (the environment, with flags laid over it). An empty text counts as absent.
 *
 * @category running
 * @since 0.1.0
 */
export const load = <const Settings extends Readonly<Record<string, Setting<unknown>>>>(
  settings: Settings,
  variables: Readonly<Record<string, string | undefined>>
): Effect.Effect<Values<Settings>, ConfigurationError> =>
  Effect.gen(function*() {
    const values: Record<string, unknown> = {}
    for (const [key, setting] of Object.entries(settings)) {
      const text = variables[setting.name]
      const result = setting.read(text === undefined || text === "" ? Option.none() : Option.some(text))
      if (Result.isFailure(result)) {
        const shown = setting.secret ? "" : ` is ${JSON.stringify(text)}`
        return yield* new ConfigurationError({
          setting: setting.name,
          message: `${setting.name}${shown}: ${result.failure}`
        })
      }
      values[key] = result.success
    }
    const known = new Set(Object.values(settings).map((setting) => setting.name))
    const unknown = Object.keys(variables).find((name) => name.startsWith("WICARA_") && !known.has(name))
    if (unknown !== undefined) {
      return yield* new ConfigurationError({
        setting: unknown,
        message: `${unknown} is not a setting; known are ${[...known].toSorted().join(", ")}`
      })
    }
    return values as Values<Settings>
  })

/**
 * The settings as a Markdown table.
 *
 * @category documentation
 * @since 0.1.0
 */
export const reference = (settings: Readonly<Record<string, Setting<unknown>>>): string =>
  [
    "| Variable | Default | What it does |",
    "|---|---|---|",
    ...Object.values(settings).map((setting) =>
      `| \`${setting.name}\` | ${
        setting.defaultText === "" ? "" : `\`${setting.defaultText}\``
      } | ${setting.description} |`
    )
  ].join("\n")
