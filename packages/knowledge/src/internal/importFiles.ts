import { Effect, Schema, Stream } from "effect"
import { Csv, Yaml } from "effect/encoding"
import { chunk } from "../Chunking.ts"
import { bodies, known, toRow } from "./importFields.ts"
import type { BadRow, Fields, ReadRow } from "./importFields.ts"

export const limits = {
  /** Bytes of a file. */
  file: 5 * 1024 * 1024,
  /** Rows of a file. */
  rows: 20_000,
  /** Broken records of a CSV file, after which the rest is given up. */
  brokenRecords: 100
} as const

/** What a file holds, and the names in it that mean nothing here. */
export interface ReadFile {
  readonly rows: ReadonlyArray<ReadRow | BadRow>
  readonly ignored: ReadonlyArray<string>
}

/** The formats by the end of the path. */
export const formats: ReadonlyArray<string> = ["md", "markdown", "csv", "json", "jsonl"]

/** Reads a file; whatever is wrong is a `BadRow`. */
export const read = (path: string, bytes: Uint8Array): Effect.Effect<ReadFile> => {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""
  if (!formats.includes(extension)) {
    return failed(`Files of this kind can't be imported; these can: ${formats.map((one) => `.${one}`).join(", ")}`)
  }
  if (bytes.byteLength > limits.file) {
    return failed(`The file has ${bytes.byteLength} bytes; the most is ${limits.file}`)
  }
  return Effect.matchEffect(decodeText(bytes), {
    onFailure: failed,
    onSuccess: (text) => {
      if (text.trim() === "") return failed("The file is empty")
      switch (extension) {
        case "csv":
          return readCsv(path, text)
        case "json":
          return readJson(path, text)
        case "jsonl":
          return readJsonLines(path, text)
        default:
          return readMarkdown(path, text)
      }
    }
  }).pipe(Effect.map((file) =>
    file.rows.length > limits.rows
      ? { ...file, rows: [bad(undefined, `The file has ${file.rows.length} rows; the most is ${limits.rows}`)] }
      : file
  ))
}

const bad = (line: number | undefined, reason: string): BadRow => ({ _tag: "Bad", line, reason })

const failed = (reason: string, line?: number): Effect.Effect<ReadFile> =>
  Effect.succeed({ rows: [bad(line, reason)], ignored: [] })

// Line ends are made equal, so that saving a file on another system changes no item.
const decodeText = (bytes: Uint8Array): Effect.Effect<string, string> =>
  Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n"),
    catch: () => "The file is not UTF-8 text; save it as UTF-8"
  })

const parseJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const fieldsOf = (entries: Iterable<readonly [string, unknown]>): Map<string, unknown> =>
  new Map([...entries].map(([name, value]) => [name.trim().toLowerCase(), value]))

const unknownNames = (names: Iterable<string>): ReadonlyArray<string> =>
  [...new Set(names)].filter((name) => name !== "" && !known.has(name))

const readMarkdown = Effect.fnUntraced(function*(path: string, text: string) {
  const end = /^---[ \t]*\n(?:([\s\S]*?)\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text)
  const front = end === null ? new Map<string, unknown>() : yield* frontMatter(end[1] ?? "")
  if (!(front instanceof Map)) return yield* failed(`The front matter can't be read: ${front}`, 1)
  const content = end === null ? text : text.slice(end[0].length)
  const fields = new Map<string, unknown>(front)
  if (chunk(content).length > 0) {
    // What the file says under its front matter is the answer or the article.
    for (const name of bodies) fields.delete(name)
    fields.set("body", content)
  }
  const line = end === null ? 1 : end[0].split("\n").length
  if (!hasText(fields, "title") && !hasText(fields, "question")) {
    fields.set("title", firstHeading(content) ?? nameOf(path))
  }
  return { rows: [yield* toRow(path, line, fields, true)], ignored: unknownNames(front.keys()) }
})

const hasText = (fields: Fields, name: string): boolean => String(fields.get(name) ?? "").trim() !== ""

const frontMatter = (yaml: string): Effect.Effect<Map<string, unknown> | string> =>
  Effect.try({
    try: () => yaml.trim() === "" ? {} : Yaml.parse(yaml),
    catch: (error) => error instanceof Error ? error.message : String(error)
  }).pipe(
    Effect.map((value) =>
      isObject(value) ? fieldsOf(Object.entries(value)) : "expected lines of the form `name: value`"
    ),
    Effect.catch(Effect.succeed)
  )

const firstHeading = (content: string): string | undefined => {
  const first = chunk(content).find((one) => one.headingPath.length > 0)
  return first?.headingPath[0]
}

const nameOf = (path: string): string => {
  const name = (path.split("/").at(-1) ?? path).replace(/\.[^.]+$/, "").replace(/[-_]+/g, " ").trim()
  return name.charAt(0).toUpperCase() + name.slice(1)
}

interface CsvRow {
  readonly line: number
  readonly cells: ReadonlyArray<string>
}

const readCsv = Effect.fnUntraced(function*(path: string, text: string) {
  const delimiter = delimiterOf(text)
  const all = yield* csvRows(text, delimiter)
  const at = all.findIndex((row) => "cells" in row && row.cells.some((cell) => cell.trim() !== ""))
  const header = all[at]
  if (header === undefined || !("cells" in header)) {
    return yield* failed("The file has no header line", all.find((row) => "reason" in row)?.line ?? 1)
  }
  const names = header.cells.map((cell) => cell.trim().toLowerCase())
  const twice = names.find((name, index) => name !== "" && names.indexOf(name) !== index)
  if (twice !== undefined) return yield* failed(`The column "${twice}" is there twice`, header.line)
  if (!(names.includes("question") || names.includes("title")) || !bodies.some((name) => names.includes(name))) {
    const columns = names.filter((name) => name !== "").join("\", \"")
    return yield* failed(
      `The first line must name the columns "question" and "answer", or "title" and "content"; it names "${columns}"`,
      header.line
    )
  }
  const rows = yield* Effect.forEach(
    // What can't be read above the header is reported like any other row.
    [...all.slice(0, at).filter((row) => "reason" in row), ...all.slice(at + 1)],
    (row): Effect.Effect<ReadRow | BadRow | undefined> => {
      if ("reason" in row) return Effect.succeed(row)
      if (row.cells.every((cell) => cell.trim() === "")) return Effect.succeed(undefined)
      if (row.cells.slice(names.length).some((cell) => cell.trim() !== "")) {
        return Effect.succeed(bad(
          row.line,
          `The row has ${row.cells.length} cells for ${names.length} columns; a cell with a "${delimiter}" needs quotes`
        ))
      }
      return toRow(path, row.line, fieldsOf(names.map((name, index) => [name, row.cells[index] ?? ""])), false)
    }
  )
  const read = rows.filter((row) => row !== undefined)
  return {
    rows: read.length === 0 ? [bad(header.line, "The file has no rows under its first line")] : read,
    ignored: unknownNames(names)
  }
})

/** Spreadsheets of countries with a decimal comma write semicolons. */
const delimiterOf = (text: string): string => {
  const first = text.split("\n").find((line) => line.trim() !== "") ?? ""
  const counts = [",", ";", "\t"].map((delimiter) => [delimiter, first.split(delimiter).length] as const)
  return counts.reduce((best, one) => one[1] > best[1] ? one : best)[0]
}

const decodeCsv = (text: string, delimiter: string) =>
  text === "" ? Effect.succeed<Array<Csv.Row>>([]) : Stream.make(text).pipe(
    Stream.pipeThroughChannel(Csv.decodeString({ delimiter, maxRecordSize: Infinity })),
    Stream.runCollect
  )

/** The records with the lines they begin at. A broken record costs its first line; what follows is read on. */
const csvRows = Effect.fnUntraced(function*(text: string, delimiter: string) {
  const lines = text.split("\n")
  const out: Array<CsvRow | BadRow & { readonly line: number }> = []
  let from = 0
  for (let broken = 0; from < lines.length; broken++) {
    const rest = lines.slice(from).join("\n")
    const error = yield* Effect.match(decodeCsv(rest, delimiter), {
      onFailure: (error) => error,
      onSuccess: (records) => {
        number(records, from, out)
        return undefined
      }
    })
    if (error === undefined) break
    const good = lines.slice(from, from + error.line - 1)
    // The lines before the broken one were read without error a moment ago.
    number(yield* Effect.orDie(decodeCsv(good.map((line) => `${line}\n`).join(""), delimiter)), from, out)
    from += error.line
    out.push({ _tag: "Bad", line: from, reason: error.message })
    if (broken + 1 >= limits.brokenRecords && from < lines.length) {
      out.push({
        _tag: "Bad",
        line: from + 1,
        reason: `The file was not read from here on, after ${limits.brokenRecords} broken rows`
      })
      break
    }
  }
  return out
})

const number = (
  records: ReadonlyArray<Csv.Row>,
  from: number,
  out: Array<CsvRow | BadRow & { readonly line: number }>
) => {
  let line = from + 1
  for (const cells of records) {
    out.push({ line, cells })
    line += 1 + cells.reduce((breaks, cell) => breaks + cell.split("\n").length - 1, 0)
  }
}

const readJson = Effect.fnUntraced(function*(path: string, text: string) {
  const parsed = yield* Effect.option(parseJson(text))
  if (parsed._tag === "None") return yield* failed("The file is not valid JSON")
  const value = isObject(parsed.value) && "items" in parsed.value ? parsed.value["items"] : parsed.value
  if (!Array.isArray(value)) {
    return yield* failed("The file must hold a list of items, or an object with a list \"items\"")
  }
  if (value.length === 0) return yield* failed("The file holds no items")
  return yield* readObjects(
    path,
    value.map((one, index) => ({ value: one, line: undefined, label: `Item ${index + 1}: ` }))
  )
})

const readJsonLines = Effect.fnUntraced(function*(path: string, text: string) {
  const lines = text.split("\n").flatMap((one, index) => one.trim() === "" ? [] : [{ text: one, line: index + 1 }])
  const values = yield* Effect.forEach(lines, ({ line, text }) =>
    Effect.match(parseJson(text), {
      onFailure: () => ({ value: undefined, line, label: "", reason: "The line is not valid JSON" }),
      onSuccess: (value) => ({ value, line, label: "", reason: undefined })
    }))
  return yield* readObjects(path, values)
})

const readObjects = Effect.fnUntraced(function*(
  path: string,
  values: ReadonlyArray<{
    readonly value: unknown
    readonly line: number | undefined
    readonly label: string
    readonly reason?: string | undefined
  }>
) {
  const names = new Set<string>()
  const rows = yield* Effect.forEach(values, ({ label, line, reason, value }): Effect.Effect<ReadRow | BadRow> => {
    if (reason !== undefined) return Effect.succeed(bad(line, reason))
    if (!isObject(value)) return Effect.succeed(bad(line, `${label}An item must be an object`))
    const fields = fieldsOf(Object.entries(value))
    for (const name of fields.keys()) names.add(name)
    return Effect.map(
      toRow(path, line, fields, false),
      (row) => row._tag === "Bad" ? { ...row, reason: `${label}${row.reason}` } : row
    )
  })
  return { rows, ignored: unknownNames(names) }
})
