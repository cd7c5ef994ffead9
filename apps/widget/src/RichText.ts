/**
 * The little formatting that chat messages have, as data: links, and WhatsApp's `*bold*`, `_italic_`, `~struck~` and
 * `` `code` ``, and Markdown's `**bold**`, which language models write. What is not clearly formatting stays as it was
 * written.
 */
export type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "link"; readonly text: string; readonly href: string }
  | { readonly type: "strong" | "em" | "del" | "code"; readonly parts: ReadonlyArray<Part> }

// Every repetition is bounded or can match in one way only: the time a text takes grows with its length alone.
const links =
  /\bhttps?:\/\/[^\s<>"'`]+|\bwww\.[^\s<>"'`.]+\.[^\s<>"'`]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/giu

/** Formatting spans are sentences, not pages. */
const longestSpan = 500

/** Punctuation that ends a sentence, and a closing bracket that the address did not open. */
const trimLink = (text: string): string => {
  const opened = text.includes("(")
  let end = text.length
  while (end > 0) {
    const last = text[end - 1] ?? ""
    if (".,;:!?*_~".includes(last)) end -= 1
    else if (last === ")" && !opened) end -= 1
    else break
  }
  return text.slice(0, end)
}

const hrefOf = (text: string): string =>
  /^https?:/i.test(text) ? text : text.toLowerCase().startsWith("www.") ? `https://${text}` : `mailto:${text}`

const marks = { "*": "strong", _: "em", "~": "del" } as const
type Mark = keyof typeof marks

const isMark = (char: string): char is Mark => char in marks
const isWord = (char: string | undefined): boolean => char !== undefined && /[\p{L}\p{N}]/u.test(char)
const isSpace = (char: string | undefined): boolean => char === undefined || /\s/u.test(char)

/** Where the span that opens at `from`, with as many marks as `width`, closes on the same line, or -1. */
const closing = (text: string, from: number, mark: string, width: number): number => {
  const start = from + width - 1
  if (isWord(text[from - 1]) || isSpace(text[start + 1]) || text[start + 1] === mark) return -1
  const last = Math.min(text.length, start + longestSpan)
  for (let index = start + 2; index < last && text[index] !== "\n"; index++) {
    if (text[index] === mark && !isSpace(text[index - 1]) && !isWord(text[index + width])) {
      return text[index + width - 1] === mark ? index : -1
    }
  }
  return -1
}

const parseFrom = (text: string, depth: number): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  const found = new Map([...text.matchAll(links)].map((match) => [match.index, trimLink(match[0])]))
  let plain = ""
  const flush = () => {
    if (plain !== "") parts.push({ type: "text", text: plain })
    plain = ""
  }
  let index = 0
  while (index < text.length) {
    const link = found.get(index)
    if (link !== undefined && link !== "") {
      flush()
      parts.push({ type: "link", text: link, href: hrefOf(link) })
      index += link.length
      continue
    }
    const char = text[index] ?? ""
    const width = char === "*" && text[index + 1] === char ? 2 : 1
    const end = isMark(char) || char === "`" ? closing(text, index, char, width) : -1
    if (end !== -1 && depth < 3) {
      flush()
      const inner = text.slice(index + width, end)
      parts.push(
        isMark(char)
          ? { type: marks[char], parts: parseFrom(inner, depth + 1) }
          : { type: "code", parts: [{ type: "text", text: inner }] }
      )
      index = end + width
      continue
    }
    plain += text.slice(index, index + width)
    index += width
  }
  flush()
  return parts
}

export const parse = (text: string): ReadonlyArray<Part> => parseFrom(text, 0)

/** The words without the formatting. */
export const toPlainText = (parts: ReadonlyArray<Part>): string =>
  parts.map((part) => "parts" in part ? toPlainText(part.parts) : part.text).join("")
