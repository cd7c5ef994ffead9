/** What problems say in every language: each sentence of the sources that becomes a problem's detail is in a catalogue. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Languages from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Net from "node:net"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { builtIn } from "../src/BuiltIn.ts"
import * as Harness from "./harness.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** No problems: what emulators and a developer's proxy to them say, what providers answered, what a terminal shows. */
const excepted = /^packages\/(?:testing|channels-waha|channels-whatsapp-cloud)\/|\/EmulatorProxy\.ts$|\/cli\//

const files = ["packages", "apps"].flatMap((folder) =>
  Fs.readdirSync(`${root}/${folder}`).flatMap((name) => {
    const path = `${folder}/${name}/src`
    return Fs.existsSync(`${root}/${path}`)
      ? Fs.readdirSync(`${root}/${path}`, { recursive: true, encoding: "utf8" }).map((file) => `${path}/${file}`)
      : []
  })
).filter((file) => file.endsWith(".ts") && !excepted.test(file))

const text = (file: string) => Fs.readFileSync(`${root}/${file}`, "utf8")

/** The classes that are problems. */
const problemClasses = new Set(
  files.flatMap((file) => [...text(file).matchAll(/HttpApiError\.Problem<(\w+)>/g)].map(([, name = ""]) => name))
)

/** Functions whose last argument, or only one, is the detail of a problem. */
const makers = new Set([
  "InvalidInput.of",
  "invalid",
  "standard",
  "respond",
  "ProblemResponses.respond",
  "problem",
  "unreadable",
  "noRoute",
  "refuse",
  "away"
])

/** Functions that give the words of a detail. */
const describers = new Set(["describe", "detailOf", "refusalOf", "problemOf"])

interface Found {
  readonly place: string
  readonly english: string
}

const literalOf = (node: ts.Node): string | undefined => {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map(({ literal }, index) => `⟨${index}⟩${literal.text}`).join("")
}

/** The words that an expression may become. */
const wordsOf = (node: ts.Expression): ReadonlyArray<string> => {
  const literal = literalOf(node)
  if (literal !== undefined) return [literal]
  if (ts.isParenthesizedExpression(node)) return wordsOf(node.expression)
  if (ts.isConditionalExpression(node)) return [...wordsOf(node.whenTrue), ...wordsOf(node.whenFalse)]
  if (ts.isBinaryExpression(node)) return [...wordsOf(node.left), ...wordsOf(node.right)]
  return []
}

/** From a catalogue already, a parameter, or words that are looked at where they are written. */
const isSaid = (node: ts.Expression): boolean => {
  if (ts.isIdentifier(node)) return true
  if (ts.isPropertyAccessExpression(node)) return node.name.text === "detail"
  if (ts.isConditionalExpression(node)) return isSaid(node.whenTrue) && isSaid(node.whenFalse)
  if (!ts.isCallExpression(node)) return false
  const name = node.expression.getText().split(".").at(-1) ?? ""
  return name === "english" || describers.has(name)
}

/** What a file has in it that makes or words a detail. */
const mayHave = /\bdetail\b|InvalidInput|refusalOf|detailOf|\b(?:problem|respond|standard|unreadable|noRoute)\(|CanSend/

const detailsIn = (file: string): ReadonlyArray<Found> => {
  if (!mayHave.test(text(file)) && !file.endsWith("CanSend.ts")) return []
  const source = ts.createSourceFile(file, text(file), ts.ScriptTarget.Latest, true)
  const found: Array<Found> = []
  const add = (node: ts.Expression | undefined, isDetail = false) => {
    if (node === undefined) return
    const { line } = source.getLineAndCharacterOfPosition(node.getStart())
    const words = wordsOf(node)
    if (isDetail && words.length === 0 && !isSaid(node)) {
      found.push({ place: `${file}: ${node.getText()}`, english: "" })
    }
    for (const english of words) {
      // A name or a path is no sentence.
      if (/\s/.test(english)) found.push({ place: `${file}:${line + 1}`, english })
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === "detail") {
      const made = node.parent.parent
      const isProblem = ts.isNewExpression(made) && problemClasses.has(made.expression.getText())
      // What checks a text (`TextProblem`) is told as the detail of who gave it.
      if (isProblem || file.endsWith("core/src/MessageCatalogue.ts")) add(node.initializer, isProblem)
    }
    if (ts.isCallExpression(node) && makers.has(node.expression.getText())) {
      add(node.arguments.at(-1), node.expression.getText() === "InvalidInput.of")
    }
    if (ts.isVariableDeclaration(node) && node.name.getText() === "detail") add(node.initializer)
    if (ts.isVariableDeclaration(node) && describers.has(node.name.getText())) {
      const returns = (inner: ts.Node): void => {
        if (ts.isReturnStatement(inner)) add(inner.expression)
        ts.forEachChild(inner, returns)
      }
      if (node.initializer !== undefined) returns(node.initializer)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const speaking = MessageTexts.pipe(Effect.provide(MessageTexts.layerStandard(builtIn)), Effect.runSync)
const further = Languages.complete.filter((language) => language !== "en")

const translations = (english: string) => further.map((language) => speaking.problemDetail(english, language))

describe("details of problems", () => {
  it("every sentence of the sources that becomes one is in a catalogue, in every language", () => {
    const all = files.flatMap(detailsIn)
    assert.isAbove(all.length, 130)
    const missing = all.filter(({ english }) => english !== "" && translations(english).includes(undefined))
    assert.deepStrictEqual(missing.map(({ english, place }) => `${place}: ${english}`), [])
    const unseen = all.filter(({ english }) => english === "")
    assert.deepStrictEqual(unseen, [])
    // It reads all of the sources.
  }, 240_000)

  it("every sentence of the catalogues is found by its English words, and is taken for no other", () => {
    const catalogues = builtIn.flatMap(({ messages }) => messages).filter(({ use }) => use === "problem-details")
    assert.isAbove(catalogues.flatMap(({ messages }) => Object.keys(messages)).length, 200)
    for (const { id, messages } of catalogues) {
      for (const [key, definition] of Object.entries(messages)) {
        const values = Object.fromEntries(MessageCatalogue.places(definition.en).map((place, n) => [place, `‹${n}›`]))
        const english = MessageCatalogue.render(definition.en, "en", values)
        for (const language of further) {
          assert.strictEqual(
            speaking.problemDetail(english, language),
            MessageCatalogue.render(definition[language], language, values),
            `${id}/${key} in ${language}`
          )
        }
      }
    }
  })

  it("every kind of thing that can be missing, and every shape that is expected, has its word", () => {
    const named = files.flatMap((file) => [
      ...[...text(file).matchAll(/[nN]otFound(?:\.of)?\(\s*"([^"]+)"/g)].map(([, what = ""]) =>
        `No ${what} "1" in this organization.`
      ),
      ...[...text(file).matchAll(/\bexpected: "([^"]+)"/g)].map(([, what = ""]) => `Expected ${what}`)
    ])
    assert.isAbove(named.length, 60)
    const same = new Set(["avatar", "bot", "widget", "base64url"])
    const left = named.filter((english) => {
      const [, what = ""] = /^(?:No|Expected) (.+?)(?: "1" in this organization\.)?$/.exec(english) ?? []
      return !same.has(what) &&
        translations(english).some((translated) => ` ${translated ?? what} `.includes(` ${what} `))
    })
    // "batch" is an Indonesian word, too.
    assert.deepStrictEqual([...new Set(left)], ["No batch \"1\" in this organization."])
  })

  it("says things by their names, and a reason as a sentence", () => {
    assert.strictEqual(
      speaking.problemDetail("No contact \"7\" in this organization.", "es"),
      "No hay contacto \"7\" en esta organización."
    )
    assert.strictEqual(speaking.problemDetail("Expected six digits", "id"), "Yang diharapkan: enam angka")
    assert.strictEqual(
      speaking.problemDetail("This is no value of \"x\": Expected boolean", "pt"),
      "Isto não é um valor de \"x\": Deve ser true ou false"
    )
  })
})

/** What the server answers to these bytes. */
const spoken = Effect.fnUntraced(function*(bytes: string) {
  const { hostname, port } = new URL((yield* Harness.TestServer).url)
  return yield* Effect.callback<string>((resume) => {
    let answer = ""
    const socket = Net.connect(Number(port), hostname, () => socket.write(bytes))
    socket.setEncoding("utf8").on("data", (part) => {
      answer += part
    })
    socket.on("error", () => resume(Effect.succeed(answer)))
    socket.on("close", () => resume(Effect.succeed(answer)))
  }).pipe(Effect.timeout("20 seconds"), Effect.orDie)
})

layer(Harness.layer("sqlite"), { excludeTestServices: true, timeout: "60 seconds" })(
  "refusals before routing",
  (it) => {
    it.effect("what is no HTTP request is refused in the language that it asked for", () =>
      Effect.gen(function*() {
        const malformed = yield* spoken("GET / HTTP/1.1\r\nAccept-Language: es-MX, en;q=0.5\r\nbad header\r\n\r\n")
        assert.include(malformed, "Content-Language: es")
        assert.include(malformed, "Esto no es una solicitud HTTP/1.1 válida.")
        const large = `GET / HTTP/1.1\r\nAccept-Language: id\r\nX-Large: ${"x".repeat(40_000)}\r\n\r\n`
        const refused = yield* spoken(large)
        assert.include(refused, "Header terlalu besar")
        assert.include(yield* spoken("nonsense\r\n\r\n"), "This is not a valid HTTP/1.1 request.")
      }))

    it.effect("a body that can't be read is refused in the language of the request", () =>
      Effect.gen(function*() {
        const { url } = yield* Harness.TestServer
        const post = (body: string | Uint8Array<ArrayBuffer>) =>
          Effect.promise(() =>
            fetch(`${url}/v1/sessions`, {
              method: "POST",
              headers: { "content-type": "application/json", "accept-language": "pt-BR" },
              body
            }).then((response) => response.json() as Promise<{ readonly title: string; readonly detail: string }>)
          )
        assert.deepInclude(yield* post(new Uint8Array([0xff, 0xfe])), {
          title: "Conteúdo ilegível",
          detail: "O conteúdo não é UTF-8 válido."
        })
        assert.deepInclude(yield* post("[".repeat(200)), {
          detail: "O conteúdo está aninhado a mais de 64 níveis."
        })
      }))
  }
)
