import { Effect, Schema, SchemaIssue } from "effect"
import { createHash } from "node:crypto"
import { NewKnowledgeItem } from "../KnowledgeItem.ts"

/** A row that can become an item. */
export interface ReadRow {
  readonly _tag: "Row"
  readonly line: number | undefined
  readonly externalKey: string
  readonly item: NewKnowledgeItem
}

/** A row, or the whole file, that can't. */
export interface BadRow {
  readonly _tag: "Bad"
  readonly line: number | undefined
  readonly title?: string | undefined
  readonly reason: string
}

/** What a file holds by name: the cells of a row, the keys of an object, or front matter. */
export type Fields = ReadonlyMap<string, unknown>

export const known: ReadonlySet<string> = new Set([
  "key",
  "id",
  "kind",
  "title",
  "question",
  "answer",
  "content",
  "body",
  "variations",
  "language",
  "category",
  "tags",
  "status"
])

export const bodies = ["answer", "content", "body"] as const

const issues = SchemaIssue.makeFormatterStandardSchemaV1()
const decode = Schema.decodeUnknownEffect(NewKnowledgeItem)

const isBlank = (value: unknown) =>
  value === undefined || value === null || (typeof value === "string" && value.trim() === "")

const text = (fields: Fields, name: string): Effect.Effect<string | undefined, string> => {
  const value = fields.get(name)
  if (isBlank(value)) return Effect.succeed(undefined)
  if (typeof value === "string") return Effect.succeed(value.trim())
  return typeof value === "number" || typeof value === "boolean"
    ? Effect.succeed(String(value))
    : Effect.fail(`"${name}" must be text`)
}

const list = (fields: Fields, name: string, separator: RegExp): Effect.Effect<ReadonlyArray<string>, string> => {
  const value = fields.get(name)
  if (isBlank(value)) return Effect.succeed([])
  const values: ReadonlyArray<unknown> = Array.isArray(value) ? value : String(value).split(separator)
  return values.every((one) => typeof one !== "object" || one === null)
    ? Effect.succeed([...new Set(values.filter((one) => !isBlank(one)).map((one) => String(one).trim()))])
    : Effect.fail(`"${name}" must be a list of texts`)
}

/** `en-US` and `EN` are `en`. */
const languageOf = (text: string): string => text.toLowerCase().split(/[-_]/)[0] ?? ""

// The case and spaces of a question may be corrected without making it another one.
const folded = (title: string): string => title.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim()

/** The key of a row that names none: the same for the same row of the same file, however often it is imported. */
const derivedKey = (path: string, title: string | undefined): string =>
  `import:${createHash("sha256").update(title === undefined ? path : `${path}#${folded(title)}`).digest("hex")}`

/** Makes an item of a row's fields. `single`: the file is the one item, so its path alone is the key. */
export const toRow = Effect.fnUntraced(
  function*(path: string, line: number | undefined, fields: Fields, single: boolean) {
    const question = yield* text(fields, "question")
    const named = yield* text(fields, "title")
    const kind = (yield* text(fields, "kind"))?.toLowerCase() ?? (fields.has("question") ? "question" : "article")
    const title = kind === "question" ? question ?? named : named ?? question
    if (title === undefined) {
      return yield* Effect.fail(kind === "question" ? "The question is blank" : "The title is blank")
    }
    const texts = yield* Effect.forEach(bodies, (name) => text(fields, name))
    const body = texts.find((one) => one !== undefined)
    if (body === undefined) {
      return yield* Effect.fail(kind === "question" ? "The answer is blank" : "The text is blank")
    }
    const key = (yield* text(fields, "key")) ?? (yield* text(fields, "id"))
    const language = yield* text(fields, "language")
    const category = yield* text(fields, "category")
    const status = yield* text(fields, "status")
    const variations = yield* list(fields, "variations", /[|\n]/)
    const tags = yield* list(fields, "tags", /[|,;\n]/)
    const externalKey = key ?? derivedKey(path, single ? undefined : title)
    const item = yield* decode({
      kind,
      title,
      body,
      externalKey,
      ...(variations.length === 0 ? {} : { variations }),
      ...(tags.length === 0 ? {} : { tags }),
      ...(language === undefined ? {} : { language: languageOf(language) }),
      ...(category === undefined ? {} : { category }),
      ...(status === undefined ? {} : { status: status.toLowerCase() })
    }).pipe(Effect.mapError((error) => {
      const first = issues(error.issue).issues[0]
      const at = first?.path?.[0]
      const name = at === undefined ? "" : `"${String(typeof at === "object" ? at.key : at)}": `
      return `${name}${first?.message ?? "not accepted"}`.replaceAll(/\s+/g, " ").slice(0, 500)
    }))
    return { _tag: "Row", line, externalKey, item } as const
  },
  (effect, _path, line, fields, _single) =>
    Effect.catch(effect, (reason) => {
      const title = fields.get("question") ?? fields.get("title")
      return Effect.succeed<BadRow>({
        _tag: "Bad",
        line,
        reason,
        title: typeof title === "string" && title.trim() !== "" ? title.trim().slice(0, 200) : undefined
      })
    })
)
