/** WAHA's published OpenAPI, where it is at hand beside the repository, and what of a request it does not know. */
import { Effect, Redacted, Schema } from "effect"
import { HttpClient } from "effect/http"
import { existsSync, readFileSync } from "node:fs"
import * as WahaApi from "@wicara/channels-waha/WahaApi"

const file = new URL("../../../../shared/contracts/waha/waha-openapi-2026-07.json", import.meta.url)
export const present = existsSync(file)
if (!present) process.stderr.write("skipped: WAHA's OpenAPI is not at hand (../shared/contracts/waha)\n")

type Json = Schema.Json
type JsonObject = { readonly [name: string]: Json }
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const at = (value: Json | undefined, ...path: ReadonlyArray<string>): Json | undefined =>
  path.reduce<Json | undefined>((inner, name) => isObject(inner) ? inner[name] : undefined, value)
const read = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))
const document: Json = present ? read(readFileSync(file, "utf8")) : {}

/** What is wrong with a value; the keywords that WAHA's document uses. Fields that it does not name are wrong too. */
const faults = (schema: Json | undefined, value: Json | undefined, where: string): ReadonlyArray<string> => {
  if (!isObject(schema)) return []
  const ref = schema["$ref"]
  if (typeof ref === "string") return faults(at(document, ...ref.slice(2).split("/")), value, where)
  const some = schema["oneOf"] ?? schema["anyOf"]
  if (Array.isArray(some)) {
    const each = some.map((one) => faults(one, value, where))
    return each.some((found) => found.length === 0) ? [] : each[0] ?? []
  }
  if (Array.isArray(schema["allOf"])) return schema["allOf"].flatMap((one) => faults(one, value, where))
  const { type } = schema
  if (value === null || value === undefined) return schema["nullable"] === true ? [] : [`${where} is null`]
  const properties = schema["properties"]
  if (isObject(properties)) {
    if (!isObject(value)) return [`${where} is no object`]
    const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : []
    return [
      ...required.filter((name) => value[name] === undefined).map((name) => `${where}.${name} is missing`),
      ...Object.entries(value).flatMap(([name, inner]) =>
        properties[name] === undefined
          ? [`${where}.${name} is unknown`]
          : faults(properties[name], inner, `${where}.${name}`)
      )
    ]
  }
  if (type === "array") {
    return Array.isArray(value)
      ? value.flatMap((inner, index) => faults(schema["items"], inner, `${where}[${index}]`))
      : [`${where} is no array`]
  }
  return (type === "string" || type === "boolean" || type === "number") && typeof value !== type
    ? [`${where} is no ${type}`]
    : []
}

const paths = at(document, "paths")
const templates = Object.keys(isObject(paths) ? paths : {}).map((
  path
) => ({
  path,
  // What is spelled out goes before what may be anything.
  wildcards: path.split("{").length,
  pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`)
})).toSorted((one, other) => one.wildcards - other.wildcards)

export interface Made {
  readonly method: string
  readonly url: string
  readonly body: string | undefined
}

/** What is wrong with a request; `session` is the account's. */
export const faultsOf = (session: string) => ({ body, method, url }: Made): ReadonlyArray<string> => {
  const { pathname, searchParams } = new URL(url)
  const found = templates.find(({ path, pattern }) =>
    pattern.test(pathname) && at(document, "paths", path, method.toLowerCase()) !== undefined
  )
  if (found === undefined) return [`${method} ${pathname} does not exist`]
  const operation = at(document, "paths", found.path, method.toLowerCase())
  const parameters = at(operation, "parameters")
  const queries = Array.isArray(parameters) ? parameters.filter((one) => at(one, "in") === "query") : []
  const label = `${method} ${found.path}`
  const shape = WahaApi.shapeOf(pathname, session)
  return [
    ...(shape === found.path.replaceAll(/\{[^}]+\}/g, "{}") ? [] : [`${label} is logged as ${shape}`]),
    ...queries.filter((one) => at(one, "required") === true && !searchParams.has(String(at(one, "name"))))
      .map((one) => `${label}: ${String(at(one, "name"))} is missing`),
    ...[...searchParams.keys()].filter((name) => !queries.some((one) => at(one, "name") === name))
      .map((name) => `${label}: ${name} is unknown`),
    ...(body === undefined || body === "{}"
      ? []
      : faults(at(operation, "requestBody", "content", "application/json", "schema"), read(body), label))
  ]
}

/** A client that keeps what was asked through it. */
export const recording = Effect.map(HttpClient.HttpClient, (inner) => {
  const made: Array<Made> = []
  const client = HttpClient.mapRequest(inner, (request) => {
    const address = new URL(request.url)
    for (const [name, value] of request.urlParams) {
      address.searchParams.append(name, Redacted.isRedacted(value) ? Redacted.value(value) : value)
    }
    made.push({
      method: request.method,
      url: address.toString(),
      body: request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : undefined
    })
    return request
  })
  return { made, client }
})
