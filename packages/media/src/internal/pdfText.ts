import * as Effect from "effect/Effect"
import { getDocument } from "unpdf/pdfjs"
import { Unreadable } from "./Unreadable.ts"
import type { Writing } from "./Writing.ts"

/** Writes the text of the first pages. */
export const pdfText = Effect.fnUntraced(function*(content: Uint8Array, maxPages: number, writing: Writing) {
  const { promise } = getDocument({
    data: new Uint8Array(content),
    disableFontFace: true,
    useSystemFonts: false,
    verbosity: 0
  })
  const pdf = yield* Effect.tryPromise({
    try: () => promise,
    catch: (error) =>
      new Unreadable({ code: error instanceof Error && error.name === "PasswordException" ? "encrypted" : "broken" })
  })
  let broken = 0
  const pages = Math.min(pdf.numPages, maxPages)
  for (let number = 1; number <= pages && !writing.isFull; number++) {
    const text = yield* Effect.tryPromise(() =>
      pdf.getPage(number).then((page) =>
        page.getTextContent().then(({ items }) => {
          page.cleanup()
          return items.map((item) => "str" in item ? item.str + (item.hasEOL ? "\n" : "") : "").join("")
        })
      )
    ).pipe(Effect.orElseSucceed(() => {
      broken++
      return ""
    }))
    writing.add(text)
    writing.add("\n\n")
  }
  if (pdf.numPages > maxPages || broken > 0) writing.cut()
  // Nothing but broken pages is no scan.
  if (broken === pages) return yield* new Unreadable({ code: "broken" })
})
