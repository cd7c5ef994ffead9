/**
 * Cuts a Markdown text into parts that an answer can quote: at headings first, then between paragraphs, then between
 * sentences. Code blocks, lists and tables stay whole while they fit.
 *
 * @since 0.1.0
 */

/**
 * A part of a text with the headings it stands under, outermost first.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChunkOf {
  readonly headingPath: ReadonlyArray<string>
  readonly text: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ChunkingOptions {
  /** Paragraphs are put together up to this many characters; 1200 when absent. */
  readonly target?: number | undefined
  /** No part is longer, whatever it holds; 2000 when absent. */
  readonly maximum?: number | undefined
}

interface Block {
  readonly headingPath: ReadonlyArray<string>
  readonly text: string
}

/**
 * The parts of a text, in order. A text without content has none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const chunk = (markdown: string, options?: ChunkingOptions): ReadonlyArray<ChunkOf> => {
  const maximum = Math.max(options?.maximum ?? 2000, 100)
  const target = Math.min(options?.target ?? 1200, maximum)
  const chunks: Array<ChunkOf> = []
  let path: ReadonlyArray<string> = []
  let texts: Array<string> = []
  let length = 0
  const close = () => {
    if (texts.length > 0) chunks.push({ headingPath: path, text: texts.join("\n\n") })
    texts = []
    length = 0
  }
  for (const block of blocks(markdown)) {
    if (block.headingPath !== path) {
      close()
      path = block.headingPath
    }
    for (const piece of block.text.length <= maximum ? [block.text] : split(block.text, target)) {
      // A short rest joins what stands before it rather than becoming a part of its own.
      const room = piece.length < target / 4 ? maximum : target
      if (length > 0 && length + 2 + piece.length > room) close()
      texts.push(piece)
      length += piece.length + 2
    }
  }
  close()
  return chunks
}

const atxHeading = /^ {0,3}(#{1,6})[ \t]+(.*)$/
// A longer line is no heading, whatever it begins with: each part below repeats its headings.
const longestHeading = 300
const setextUnderline = /^ {0,3}(=+|-+)[ \t]*$/
const fence = /^ {0,3}(`{3,}|~{3,})/

const thematicBreak = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/

const plainHeading = (text: string): string =>
  text.trimEnd().replace(/(?:^|[ \t])#+$/, "").replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*_`]+/g, "").trim()

const blocks = (markdown: string): ReadonlyArray<Block> => {
  const out: Array<Block> = []
  const open: Array<{ readonly level: number; readonly title: string }> = []
  let path: ReadonlyArray<string> = []
  let lines: Array<string> = []
  let fenced: string | undefined
  const flush = () => {
    const text = lines.join("\n").replace(/^\n+/, "").trimEnd()
    if (text !== "" && !thematicBreak.test(text)) out.push({ headingPath: path, text })
    lines = []
  }
  const heading = (level: number, title: string) => {
    flush()
    while ((open.at(-1)?.level ?? 0) >= level) open.pop()
    if (title !== "") open.push({ level, title })
    path = open.map((one) => one.title)
  }
  for (const line of markdown.replace(/\r\n?/g, "\n").split("\n")) {
    const mark = fence.exec(line)?.[1]
    if (fenced !== undefined) {
      lines.push(line)
      if (mark !== undefined && mark[0] === fenced[0] && mark.length >= fenced.length) fenced = undefined
      continue
    }
    if (mark !== undefined) {
      fenced = mark
      lines.push(line)
      continue
    }
    const atx = line.length <= longestHeading ? atxHeading.exec(line) : null
    if (atx !== null) {
      heading(atx[1]?.length ?? 1, plainHeading(atx[2] ?? ""))
      continue
    }
    const underline = setextUnderline.exec(line)?.[1]
    const above = lines.at(-1)
    if (
      underline !== undefined && lines.length === 1 && above !== undefined && above.length <= longestHeading &&
      /^[^\s>|+*-]/.test(above)
    ) {
      lines = []
      heading(underline.startsWith("=") ? 1 : 2, plainHeading(above))
      continue
    }
    if (line.trim() === "") flush()
    else lines.push(line)
  }
  flush()
  return joinLists(out)
}

const listItem = /^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]/

/** A list whose items are set apart by blank lines is still one list, and belongs to the sentence that announces it. */
const joinLists = (all: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const out: Array<Block> = []
  for (const block of all) {
    const before = out.at(-1)
    const continues = before !== undefined && before.headingPath === block.headingPath &&
      before.text.length + block.text.length < 1200 && (
        (listItem.test(block.text) && (listItem.test(before.text) || /[:：]\s*$/.test(before.text))) ||
        (/^(?: {2,}|\t)/.test(block.text) && listItem.test(before.text))
      )
    if (continues && before !== undefined) out[out.length - 1] = { ...before, text: `${before.text}\n\n${block.text}` }
    else out.push(block)
  }
  return out
}

const boundaries: ReadonlyArray<RegExp> = [
  /\n/g,
  /[.!?…。！？؟।]["'”’)\]]*\s+|[。！？]/g,
  /[,;:، ]\s*/g,
  /\s+/g
]

/** Cuts a text that is too long at the best boundary in the last half of each part: line, sentence, clause, word. */
const split = (text: string, size: number): ReadonlyArray<string> => {
  const out: Array<string> = []
  let rest = text
  while (rest.length > size) {
    const window = rest.slice(0, size)
    let at = 0
    for (const boundary of boundaries) {
      for (const match of window.matchAll(boundary)) {
        const end = match.index + match[0].length
        if (end > size / 2) at = end
      }
      if (at > 0) break
    }
    if (at === 0) at = endOfCharacter(rest, size)
    const piece = rest.slice(0, at).trim()
    if (piece !== "") out.push(piece)
    rest = rest.slice(at)
  }
  if (rest.trim() !== "") out.push(rest.trim())
  return out
}

const endOfCharacter = (text: string, at: number): number => {
  const code = text.charCodeAt(at - 1)
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at
}
