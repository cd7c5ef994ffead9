/**
 * What the server tells about itself: log lines on its standard output and, when there is a collector, traces, metrics
 * and logs by OTLP. None of it carries what belongs to people: whatever looks like a phone number, an e-mail address, a
 * token or a secret, or repeats a value of a row or a request, is taken out before it leaves.
 *
 * @since 0.1.0
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Cause, Context, Effect, Exit, Layer, Logger, Option, Predicate, Redacted, References, Tracer } from "effect"
import type { LogLevel } from "effect"
import { HttpMiddleware } from "effect/http"
import { OtlpExporter, OtlpLogger, OtlpMetrics, OtlpSerialization, OtlpTracer } from "effect/observability"
import { ServerConfig } from "./ServerConfig.ts"
import { version } from "./Version.ts"

const rules: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bBearer\s+[\w.~+/=-]+/gi, "Bearer [secret]"],
  // Sessions, API keys, challenges and codes of this server, and the access tokens of Meta.
  [/\b(?:w[a-z]_[\w-]{8,}|EAA\w{8,})/g, "[secret]"],
  [
    /\b(password|passphrase|secret|token|api[-_]?key|authorization)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;}&]+)/gi,
    "$1$2[secret]"
  ],
  // User and password of a URL, and all of its query.
  [/\/\/[^\s/@]+:[^\s/@]+@/g, "//[secret]@"],
  [/(\bhttps?:\/\/[^\s?"']+|(?<=\s)\/v1\/[^\s?"']*)\?[^\s"']+/g, "$1?[query]"],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "[address]"],
  [/(?<![\w.-])\+?\d{8,15}(?![\w-])/g, "[number]"],
  [/\+\d[\d ().-]{6,}\d/g, "[number]"],
  // What databases and decoders repeat of a value.
  [/Duplicate entry '(?:[^'\\]|\\.)*'/g, "Duplicate entry '[value]'"],
  [/(Incorrect \w+ value: )'(?:[^'\\]|\\.)*'/g, "$1'[value]'"],
  [/(\b(?:got|received|actual) )("(?:[^"\\]|\\.)*"|\{.*\}|\[.*\])/g, "$1[value]"]
]

/**
 * A text without what belongs to people.
 *
 * @category running
 * @since 0.1.0
 */
export const scrub = (text: string): string =>
  rules.reduce((clean, [found, instead]) => clean.replace(found, instead), text)

/** Objects are not told: nobody knows what is in them. Errors are by their message. */
const words = (part: unknown): string => {
  if (Cause.isCause(part)) return Cause.pretty(part)
  if (Predicate.isString(part)) return part
  if (part instanceof Error) return part.stack ?? part.message
  if (Predicate.isObject(part) && Predicate.hasProperty(part, "_tag")) return `(${String(part._tag)})`
  return Predicate.isObject(part) ? "(object)" : String(part)
}

type Options = Logger.Options<unknown>

const messageOf = ({ message }: Options): string =>
  scrub((Array.isArray(message) ? message : [message]).map(words).join(" "))

const causeOf = ({ cause }: Options): string | undefined =>
  cause.reasons.length === 0 ? undefined : scrub(Cause.pretty(cause))

const annotationsOf = ({ fiber }: Options): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fiber.getRef(References.CurrentLogAnnotations)).map(([name, value]) => [name, scrub(words(value))])
  )

/** A line's facts, in their order. */
const facts = (options: Options): Readonly<Record<string, string>> => {
  const span = fiberSpan(options)
  const cause = causeOf(options)
  return {
    timestamp: options.date.toISOString(),
    level: options.logLevel.toUpperCase(),
    message: messageOf(options),
    ...annotationsOf(options),
    ...(span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId }),
    ...(cause === undefined ? {} : { cause })
  }
}

const fiberSpan = ({ fiber }: Options): Tracer.AnySpan | undefined =>
  Option.getOrUndefined(Context.getOption(fiber.context, Tracer.ParentSpan))

/**
 * A log line as one JSON object: `timestamp`, `level`, `message`, `requestId`, `traceId`, `spanId`, `cause`.
 *
 * @category loggers
 * @since 0.1.0
 */
export const formatJson = Logger.make<unknown, string>((options) => oneLine(JSON.stringify(facts(options))))

/**
 * A log line as `name=value` pairs, in UTC. What a value says stays a value: characters that would begin a line, or steer
 * a terminal, are written as escapes.
 *
 * @category loggers
 * @since 0.1.0
 */
export const formatText = Logger.make<unknown, string>((options) =>
  oneLine(
    Object.entries(facts(options)).map(([name, value]) =>
      `${name.replaceAll(/[\s="]/g, "_")}=${/^[\w.:+-]+$/.test(value) ? value : JSON.stringify(value)}`
    ).join(" ")
  )
)

const oneLine = (line: string) =>
  line.replaceAll(steering, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** What would begin a line, or steer a terminal. */
const steering = /\p{Cc}|\p{Zl}|\p{Zp}/gu

const levels: Record<string, LogLevel.LogLevel> = {
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  none: "None"
}

const scrubbedLogger = (logger: Logger.Logger<unknown, void>) =>
  Logger.make<unknown, void>((options) => {
    const cause = causeOf(options)
    logger.log({
      ...options,
      message: cause === undefined ? messageOf(options) : `${messageOf(options)}\n${cause}`,
      cause: Cause.empty
    })
  })

/** Attributes that repeat a request's own words. */
const unexported = new Set(["url.full", "url.query", "user_agent.original", "client.address"])

const scrubbedExit = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit)) return Exit.void
  if (Cause.hasInterruptsOnly(exit.cause)) return exit
  const error = Cause.squash(exit.cause)
  const made = new Error(scrub(error instanceof Error ? error.message : words(error)))
  made.stack = ""
  return Exit.fail(made)
}

const scrubbedTracer = (tracer: Tracer.Tracer): Tracer.Tracer => ({
  ...tracer,
  span: (options) => {
    const span = tracer.span(options)
    const attribute = span.attribute.bind(span)
    const end = span.end.bind(span)
    const event = span.event.bind(span)
    return Object.assign(span, {
      attribute: (key: string, value: unknown) => {
        if (!unexported.has(key)) attribute(key, Predicate.isString(value) ? scrub(value) : value)
      },
      event: (name: string, at: bigint) => event(scrub(name), at),
      end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => end(endTime, scrubbedExit(exit))
    })
  }
})

const layerExport = (endpoint: string) =>
  Layer.unwrap(Effect.map(ServerConfig, ({ otlpHeaders, otlpServiceName }) => {
    const headers = Option.match(otlpHeaders, {
      onNone: () => ({}),
      onSome: (text) =>
        Object.fromEntries(
          Redacted.value(text).split(",").map((pair) => {
            const [name = "", ...value] = pair.split("=")
            return [name.trim(), value.join("=").trim()]
          })
        )
    })
    const resource = { serviceName: otlpServiceName, serviceVersion: version }
    const to = (signal: string) => ({
      url: `${endpoint.replace(/\/+$/, "")}/v1/${signal}`,
      resource,
      headers,
      shutdownTimeout: "2 seconds" as const
    })
    return Layer.mergeAll(
      Logger.layer([Effect.map(OtlpLogger.make(to("logs")), scrubbedLogger)], { mergeWithExisting: true }),
      Layer.effect(Tracer.Tracer, Effect.map(OtlpTracer.make(to("traces")), scrubbedTracer)),
      OtlpMetrics.layer(to("metrics")),
      // Probes ask every few seconds.
      HttpMiddleware.layerTracerDisabledForUrls(["/health/live", "/health/ready", "/metrics"])
    )
  })).pipe(
    Layer.provide(OtlpExporter.layerFlusher),
    Layer.provide(Layer.merge(OtlpSerialization.layerJson, NodeHttpClient.layerUndici))
  )

/**
 * Log lines as they are configured, and the export when there is somewhere to export to.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(ServerConfig, ({ logFormat, logLevel, otlpEndpoint }) => {
    const lines = Layer.merge(
      Layer.succeed(References.MinimumLogLevel, levels[logLevel] ?? "Warn"),
      Logger.layer([Logger.withConsoleLog(logFormat === "json" ? formatJson : formatText)])
    )
    return Option.match(otlpEndpoint, {
      onNone: () => lines,
      onSome: (endpoint) => Layer.provideMerge(layerExport(endpoint), lines)
    })
  })
)
