/**
 * How the server runs: where it listens, what it says of itself, which of its parts run.
 *
 * @since 0.1.0
 */
import * as Configuration from "@wicara/core/Configuration"
import { Schema, SchemaTransformation } from "effect"
import { Count, HttpUrl, redacted, Switch } from "./Texts.ts"

const Port = Schema.NumberFromString.check(
  Schema.makeFilter((port) =>
    Number.isInteger(port) && port >= 0 && port <= 65_535 ? undefined : "expected a TCP port, 0 to 65535"
  )
)

const AddonList = Schema.String.pipe(Schema.decodeTo(
  Schema.Array(Schema.String),
  SchemaTransformation.transform({
    decode: (text: string): ReadonlyArray<string> =>
      text.split(",").map((part) => part.trim()).filter((part) => part !== ""),
    encode: (names: ReadonlyArray<string>) => names.join(",")
  })
))

const Domain = Schema.String.check(
  Schema.isMaxLength(180),
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/, {
    expected: "a domain in lower case, such as chat.example.com"
  })
)

const Headers = redacted(Schema.String.check(
  Schema.makeFilter((text) =>
    text.split(",").every((pair) => /^\s*[\w-]+=[^,]*$/.test(pair)) ? undefined : "expected <name>=<value>,..."
  )
))

const LogLevel = Schema.Literals(["debug", "info", "warn", "error", "none"])

/**
 * @category settings
 * @since 0.1.0
 */
export const operationSettings = {
  host: Configuration.define({
    name: "WICARA_HOST",
    schema: Schema.NonEmptyString,
    default: "127.0.0.1",
    description: "The address to listen on; `0.0.0.0` for every interface."
  }),
  port: Configuration.define({
    name: "WICARA_PORT",
    schema: Port,
    default: 3000,
    description: "The TCP port to listen on; 0 takes a free one."
  }),
  publicUrl: Configuration.defineOptional({
    name: "WICARA_PUBLIC_URL",
    schema: HttpUrl,
    description: "The URL under which providers and browsers reach this server; `http://<host>:<port>` when absent."
  }),
  organizationsDomain: Configuration.defineOptional({
    name: "WICARA_ORGANIZATIONS_DOMAIN",
    schema: Domain,
    description:
      "The domain below which every organization has an address of its own (`chat.example.com`: the organization `acme` " +
      "has `acme.chat.example.com`); its DNS and certificate are for `*.chat.example.com`."
  }),
  consoleUrl: Configuration.defineOptional({
    name: "WICARA_CONSOLE_URL",
    schema: HttpUrl,
    description: "The URL below which the console's pages are; without it, what people are told has no links to them."
  }),
  demo: Configuration.define({
    name: "WICARA_DEMO",
    schema: Switch,
    default: false,
    description: "Seeds a demo organization, starts the bundled emulators and serves `/demo`. `npm start` turns it on."
  }),
  workers: Configuration.define({
    name: "WICARA_WORKERS",
    schema: Switch,
    default: true,
    description:
      "Whether this process also runs the workers (inbound, bots, outbox, events); off for HTTP-only processes."
  }),
  addons: Configuration.define({
    name: "WICARA_ADDONS",
    schema: AddonList,
    default: [],
    defaultText: "none",
    description:
      "Add-ons to load: names of installed packages, or paths, with commas between them. See [add-ons](addons.md)."
  }),
  sendUnknownSeconds: Configuration.define({
    name: "WICARA_SEND_UNKNOWN_SECONDS",
    schema: Count,
    default: 300,
    description:
      "For how many seconds the provider is asked what became of a message whose sending had no answer, before its conversation goes to people."
  }),
  logLevel: Configuration.define({
    name: "WICARA_LOG_LEVEL",
    schema: LogLevel,
    default: "warn",
    description: "The least severe log lines to print: debug, info, warn, error or none."
  }),
  logFormat: Configuration.define({
    name: "WICARA_LOG_FORMAT",
    schema: Schema.Literals(["text", "json"]),
    default: "text",
    description: "How log lines are written: `text` (`name=value` pairs) or `json` (one object a line)."
  }),
  otlpEndpoint: Configuration.defineOptional({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    schema: HttpUrl,
    description:
      "Where traces, metrics and logs go by OTLP over HTTP, such as `http://collector:4318`; nowhere when absent."
  }),
  otlpHeaders: Configuration.defineOptional({
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    schema: Headers,
    secret: true,
    description: "Headers that the collector asks for, such as `authorization=Bearer ...`, with commas between them."
  }),
  otlpServiceName: Configuration.define({
    name: "OTEL_SERVICE_NAME",
    schema: Schema.NonEmptyString,
    default: "wicara",
    description: "How the server is named in what is exported."
  })
} as const
