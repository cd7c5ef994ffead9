import { Parser } from "htmlparser2"
import type { Writing } from "./Writing.ts"

export interface MarkupRules {
  /** The elements whose text counts; absent: all. */
  readonly texts?: ReadonlySet<string> | undefined
  readonly skips: ReadonlySet<string>
  /** What is written where an element ends. */
  readonly ends: Readonly<Record<string, string>>
  readonly cells: ReadonlySet<string>
  readonly isHtml?: boolean | undefined
}

/** Writes what is read in XML or HTML. Entities that a document declares are not followed. */
export const markupText = (source: string, rules: MarkupRules, writing: Writing): void => {
  const isHtml = rules.isHtml === true
  let skipped = 0
  let within = 0
  const parser = new Parser({
    onopentag: (name) => {
      if (rules.skips.has(name)) skipped++
      if (rules.texts?.has(name) === true) within++
    },
    ontext: (text) => {
      if (skipped > 0 || (rules.texts !== undefined && within === 0)) return
      writing.add(isHtml ? text.replace(/\s+/g, " ") : text)
    },
    onclosetag: (name) => {
      if (rules.skips.has(name)) skipped--
      if (rules.texts?.has(name) === true) within--
      if (skipped > 0) return
      if (rules.cells.has(name)) writing.endCell()
      if (Object.hasOwn(rules.ends, name)) writing.add(rules.ends[name] ?? "")
    }
  }, { xmlMode: !isHtml })
  parser.end(source)
}
