/** The cells of a workbook as lines: ECMA-376, part 1, 18. */
import * as DateTime from "effect/DateTime"
import { Parser } from "htmlparser2"
import type { Writing } from "./Writing.ts"

export interface Workbook {
  readonly strings: string | undefined
  readonly styles: string | undefined
  readonly sheets: ReadonlyArray<string>
}

/** The texts that cells refer to; what is said of their pronunciation is left out. */
const sharedStrings = (xml: string): ReadonlyArray<string> => {
  const all: Array<string> = []
  let text = ""
  let isText = false
  let isPronunciation = false
  const parser = new Parser({
    onopentag: (name) => {
      if (name === "si") text = ""
      if (name === "t") isText = true
      if (name === "rPh") isPronunciation = true
    },
    ontext: (part) => {
      if (isText && !isPronunciation) text += part
    },
    onclosetag: (name) => {
      if (name === "si") all.push(text)
      if (name === "t") isText = false
      if (name === "rPh") isPronunciation = false
    }
  }, { xmlMode: true })
  parser.end(xml)
  return all
}

/** Which styles of cells show a number as a day or a time: 18.8.30, or a format of the workbook's own. */
const datedStyles = (xml: string): ReadonlySet<string> => {
  const own = new Map<string, string>()
  const dated = new Set<string>()
  let style = 0
  let isCell = false
  const parser = new Parser({
    onopentag: (name, attributes) => {
      if (name === "numFmt") own.set(attributes["numFmtId"] ?? "", attributes["formatCode"] ?? "")
      if (name === "cellXfs") isCell = true
      if (name !== "xf" || !isCell) return
      const id = attributes["numFmtId"] ?? ""
      const code = (own.get(id) ?? "").replace(/"[^"]*"|\[[^\]]*\]|\\./g, "")
      const number = Number(id)
      if ((number >= 14 && number <= 22) || (number >= 45 && number <= 47) || /[dmyhs]/i.test(code)) {
        dated.add(String(style))
      }
      style++
    },
    onclosetag: (name) => {
      if (name === "cellXfs") isCell = false
    }
  }, { xmlMode: true })
  parser.end(xml)
  return dated
}

/** Days since the end of 1899, as they are written: `2026-03-01`, `2026-03-01 14:30`, `14:30`. */
const dateOf = (value: string): string => {
  const days = Number(value)
  if (!(days >= 0 && days < 2_958_466)) return value
  const instant = DateTime.makeUnsafe(Math.round((days - 25_569) * 1440) * 60_000)
  const [date = "", time = ""] = DateTime.formatIso(instant).split("T")
  if (days < 1) return time.slice(0, 5)
  return Number.isInteger(days) ? date : `${date} ${time.slice(0, 5)}`
}

export const sheetText = ({ sheets, strings, styles }: Workbook, writing: Writing): void => {
  const shared = strings === undefined ? [] : sharedStrings(strings)
  const dated = styles === undefined ? new Set<string>() : datedStyles(styles)
  const shown = (value: string, type: string, style: string): string => {
    switch (type) {
      case "s":
        return shared[Number(value)] ?? ""
      case "b":
        return value === "1" ? "TRUE" : "FALSE"
      case "n":
        return dated.has(style) ? dateOf(value) : value
      default:
        return value
    }
  }
  for (const sheet of sheets) {
    let cell = { type: "n", style: "" }
    let value = ""
    let isValue = false
    const parser = new Parser({
      onopentag: (name, attributes) => {
        if (name === "c") {
          cell = { type: attributes["t"] ?? "n", style: attributes["s"] ?? "" }
          value = ""
        }
        if (name === "v" || name === "t") isValue = true
      },
      ontext: (text) => {
        if (isValue) value += text
      },
      onclosetag: (name) => {
        if (name === "v" || name === "t") isValue = false
        if (name === "c" && value !== "") writing.add(`${shown(value, cell.type, cell.style).replaceAll("\n", " ")}\t`)
        if (name === "row") writing.add("\n")
      }
    }, { xmlMode: true })
    parser.end(sheet)
    writing.add("\n")
  }
}
