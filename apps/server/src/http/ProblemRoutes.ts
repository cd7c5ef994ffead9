/**
 * A page about each type of problem at the path of its `type` URI: `/problems/<name>`, and the list of them at
 * `/problems`.
 *
 * @since 0.1.0
 */
import type { Module } from "@wicara/core/Module"
import * as Problem from "@wicara/core/Problem"
import * as ProblemResponses from "@wicara/core/ProblemResponses"
import * as ProblemType from "@wicara/core/ProblemType"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Addons } from "../Addons.ts"
import { builtIn } from "../BuiltIn.ts"

const of = (modules: ReadonlyArray<Module>): ReadonlyArray<ProblemType.ProblemType> =>
  modules.flatMap((module) => module.problems)

/**
 * Every type of problem that a server without add-ons answers with.
 *
 * @category registry
 * @since 0.1.0
 */
export const problems = of(builtIn)

const prefix = new URL(Problem.baseUri).pathname as `/${string}`

const page = (body: string) =>
  HttpServerResponse.text(body, {
    contentType: "text/html; charset=utf-8",
    headers: {
      "cache-control": "public, max-age=3600",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff"
    }
  })

const unknown = ProblemResponses.respond(404, "no-such-route", "No such route", "There is no problem of that name.")

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter | Addons> = Layer.unwrap(Effect.gen(function*() {
  const { modules } = yield* Addons
  const problems = of(modules)
  const pages = new Map(problems.map((problem) => [problem.name, page(ProblemType.html(problem))]))
  return Layer.merge(
    HttpRouter.add("GET", prefix, page(ProblemType.htmlIndex(problems))),
    HttpRouter.add(
      "GET",
      `${prefix}/:name`,
      Effect.map(HttpRouter.params, ({ name }) => pages.get(name ?? "") ?? unknown)
    )
  )
}))
