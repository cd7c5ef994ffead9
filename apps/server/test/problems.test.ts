import { assert, describe, it, layer } from "@effect/vitest"
import { Api } from "@wicara/client/Api"
import { MessageTexts } from "@wicara/core/MessageTexts"
import * as Problem from "@wicara/core/Problem"
import * as ProblemType from "@wicara/core/ProblemType"
import { Effect } from "effect"
import { OpenApi } from "effect/http-api"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { builtIn } from "../src/BuiltIn.ts"
import { problems } from "../src/http/ProblemRoutes.ts"
import * as Harness from "./harness.ts"

const documented = new Map(problems.map((problem) => [Problem.typeUri(problem.name) as string, problem]))

const common = new Set(["type", "title", "status", "detail", "instance"])

/** The schemas of the API's description that have a problem's `type`. */
const declared = () => {
  const { schemas } = (OpenApi.fromApi(Api) as any).components
  return Object.values<any>(schemas).flatMap(({ properties }) => {
    const [type] = properties?.type?.enum ?? []
    if (!String(type).startsWith(Problem.baseUri)) return []
    return [{
      type: String(type),
      status: properties.status.enum[0],
      title: properties.title.enum[0],
      members: Object.keys(properties).filter((name) => !common.has(name)).toSorted()
    }]
  })
}

const sources = () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url))
  return ["packages", "apps"].flatMap((folder) =>
    Fs.readdirSync(`${root}/${folder}`).flatMap((name) => {
      const path = `${root}/${folder}/${name}/src`
      return Fs.existsSync(path)
        ? Fs.readdirSync(path, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
          .map((file) => Fs.readFileSync(`${path}/${file}`, "utf8"))
        : []
    })
  )
}

describe("the registry of problems", () => {
  it("has a title of every problem of a module in every language", () => {
    const { problemTitle } = MessageTexts.pipe(Effect.provide(MessageTexts.layerStandard(builtIn)), Effect.runSync)
    for (const { name, title } of builtIn.flatMap((module) => module.problems)) {
      assert.strictEqual(problemTitle(name, "en"), title, name)
    }
  })

  it("has every problem that the contract declares, with its status, title and members", () => {
    const all = declared()
    assert.isAbove(all.length, 20)
    for (const { members, status, title, type } of all) {
      const page = documented.get(type)
      assert.deepStrictEqual(
        page && { status: page.status, title: page.title, members: Object.keys(page.members).toSorted() },
        { status, title, members },
        type
      )
    }
  })

  it("has every problem that the sources name, and none that they don't", () => {
    const text = sources().join("\n")
    const named = new Set(
      [...text.matchAll(
        /typeUri\("([a-z-]+)"\)|(?:respond|problem|standard)\(\s*\d{3},\s*"([a-z-]+)"|name: "([a-z-]+)",\n\s+detail:/g
      )]
        .map(([, first, second, third]) => first ?? second ?? third ?? "")
    )
    assert.deepStrictEqual([...named].toSorted(), problems.map(({ name }) => name).toSorted())
  })

  it("writes Markdown and HTML with everything in it, and escapes what HTML would take for its own", () => {
    const problem = ProblemType.define({
      name: "odd",
      status: 418,
      title: "A <b> & \"c\"",
      meaning: "Because of `x < y`.",
      remedy: "Nothing.",
      members: { why: "A <reason>." }
    })
    const html = ProblemType.html(problem)
    assert.include(html, "<h1>A &lt;b&gt; &amp; &quot;c&quot;</h1>")
    assert.include(html, "<code>x &lt; y</code>")
    assert.include(html, "<code>why</code>: A &lt;reason&gt;.")
    assert.include(ProblemType.markdown(problem), "- `why`: A <reason>.")
  })
})

layer(Harness.layer("sqlite"), { excludeTestServices: true, timeout: "60 seconds" })("the pages of problems", (it) => {
  it.effect("the type of a refusal is the path of a page about it", () =>
    Effect.gen(function*() {
      const refused = yield* Harness.request("/v1/members")
      yield* Harness.expectProblem(refused, 401)
      const page = yield* Harness.request(new URL(refused.body.type).pathname)
      yield* Harness.expectStatus(page, 200)
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
      assert.include(page.text, "Authentication required")
    }))

  it.effect("every type has its page and its place in the list", () =>
    Effect.gen(function*() {
      const index = yield* Harness.request("/problems")
      for (const { name, title } of problems) {
        const page = yield* Harness.request(`/problems/${name}`)
        yield* Harness.expectStatus(page, 200, name)
        assert.include(index.text, `href="/problems/${name}"`)
        assert.isNotEmpty(title)
      }
      yield* Harness.expectProblem(yield* Harness.request("/problems/no-such-problem"), 404)
    }))
})
