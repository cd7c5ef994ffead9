/** The text of a document; what runs here is in a thread that may be ended at any time. */
import * as Effect from "effect/Effect"
import { kindOf } from "./documentTypes.ts"
import { markupText } from "./markupText.ts"
import type { MarkupRules } from "./markupText.ts"
import { sheetText } from "./sheetText.ts"
import { Unreadable } from "./Unreadable.ts"
import type { NoText } from "./Unreadable.ts"
import { Writing } from "./Writing.ts"
import { unpacked } from "./zip.ts"

/** What the thread is given. */
export interface DocumentQuestion {
  readonly content: Uint8Array
  readonly contentType: string
  /** Characters that are kept. */
  readonly maxLength: number
  readonly maxPages: number
  readonly maxUnpackedBytes: number
}

/** What it answers. */
export type DocumentAnswer =
  | { readonly _tag: "Text"; readonly text: string; readonly isTruncated: boolean }
  | { readonly _tag: "NoText"; readonly code: NoText }

// ECMA-376, part 1, 17 (WordprocessingML) and 21.1 (DrawingML). Of an alternate content only the choice counts.
const word: MarkupRules = {
  texts: new Set(["w:t"]),
  skips: new Set(["mc:Fallback"]),
  ends: { "w:p": "\n", "w:tab": "\t", "w:br": "\n", "w:cr": "\n", "w:tr": "\n" },
  cells: new Set(["w:tc"])
}
const slide: MarkupRules = {
  texts: new Set(["a:t"]),
  skips: new Set(["mc:Fallback"]),
  ends: { "a:p": "\n", "a:br": "\n", "a:tr": "\n" },
  cells: new Set(["a:tc"])
}
// OpenDocument 1.3, part 3: what was struck out and what was remarked is not what is written.
const openDocument: MarkupRules = {
  skips: new Set(["text:tracked-changes", "office:annotation", "office:forms"]),
  ends: {
    "text:p": "\n",
    "text:h": "\n",
    "text:tab": "\t",
    "text:s": " ",
    "text:line-break": "\n",
    "table:table-row": "\n"
  },
  cells: new Set(["table:table-cell"])
}
const html: MarkupRules = {
  isHtml: true,
  skips: new Set(["head", "script", "style", "noscript", "template", "svg"]),
  ends: Object.fromEntries(
    (
      "address article blockquote br dd div dt figcaption footer h1 h2 h3 h4 h5 h6 header hr li main p pre section tr"
    ).split(" ").map((name) => [name, "\n"])
  ),
  cells: new Set(["td", "th"])
}

/** The number in a part's name, by which slides and sheets are in order. */
const numberOf = (name: string): number => Number(/(\d+)\.xml$/.exec(name)?.[1] ?? 0)

const read = Effect.fnUntraced(function*(question: DocumentQuestion, writing: Writing) {
  const { content, contentType, maxPages, maxUnpackedBytes } = question
  const parts = (wanted: RegExp, main: RegExp) => unpacked(content, { wanted, main, maxBytes: maxUnpackedBytes })
  switch (kindOf(contentType)) {
    case "pdf": {
      // The largest part of this thread, and of no use to the other kinds.
      const { pdfText } = yield* Effect.promise(() => import("./pdfText.ts"))
      return yield* pdfText(content, maxPages, writing)
    }
    case "word": {
      const found = yield* parts(
        /^word\/(document|footnotes|endnotes|header\d*|footer\d*)\.xml$/,
        /^word\/document\.xml$/
      )
      const named = (kind: RegExp) => [...found].filter(([name]) => kind.test(name))
      for (const [, xml] of [/^word\/header/, /^word\/document/, /^word\/(foot|end)/].flatMap(named)) {
        markupText(xml, word, writing)
      }
      return
    }
    case "slides": {
      const found = yield* parts(/^ppt\/slides\/slide\d+\.xml$/, /^ppt\/slides\//)
      const inOrder = [...found].sort(([a], [b]) => numberOf(a) - numberOf(b))
      if (inOrder.length > maxPages) writing.cut()
      for (const [, xml] of inOrder.slice(0, maxPages)) {
        markupText(xml, slide, writing)
        writing.add("\n")
      }
      return
    }
    case "sheet": {
      const found = yield* parts(
        /^xl\/(sharedStrings|styles|worksheets\/sheet\d+)\.xml$/,
        /^xl\/worksheets\//
      )
      const sheets = [...found].filter(([name]) => name.startsWith("xl/worksheets/")).sort(([a], [b]) =>
        numberOf(a) - numberOf(b)
      )
      if (sheets.length > maxPages) writing.cut()
      return sheetText({
        strings: found.get("xl/sharedStrings.xml"),
        styles: found.get("xl/styles.xml"),
        sheets: sheets.slice(0, maxPages).map(([, xml]) => xml)
      }, writing)
    }
    case "opendocument": {
      const found = yield* parts(/^(content|META-INF\/manifest)\.xml$/, /^content\.xml$/)
      if (found.get("META-INF/manifest.xml")?.includes("encryption-data") === true) {
        return yield* new Unreadable({ code: "encrypted" })
      }
      return markupText(found.get("content.xml") ?? "", openDocument, writing)
    }
    case "html":
      return markupText(new TextDecoder().decode(content), html, writing)
    case "old": {
      // What Office encrypts is kept in a stream of this name, in UTF-16.
      const isEncrypted = Buffer.from(content).includes(Buffer.from("EncryptedPackage", "utf16le"))
      return yield* new Unreadable({ code: isEncrypted ? "encrypted" : "old_format" })
    }
    case undefined:
      return yield* new Unreadable({ code: "broken" })
  }
})

export const documentText = Effect.fnUntraced(function*(question: DocumentQuestion) {
  const writing = new Writing(question.maxLength)
  yield* read(question, writing)
  const { isTruncated, text } = writing
  return text === "" ? yield* new Unreadable({ code: "no_text" }) : { isTruncated, text }
})
