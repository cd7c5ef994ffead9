/**
 * Markdown as people read it in a chat: emphasis, headings and links without their marks, wrapped lines joined, lists
 * and code kept as they stand.
 */
export const plainText = (markdown: string): string => {
  const out: Array<string> = []
  let paragraph: Array<string> = []
  let fenced = false
  const close = () => {
    if (paragraph.length > 0) out.push(paragraph.join(" "))
    paragraph = []
  }
  for (const raw of markdown.split(/\r?\n/)) {
    if (/^\s*(?:```|~~~)/.test(raw)) {
      close()
      fenced = !fenced
      continue
    }
    if (fenced) {
      out.push(raw)
      continue
    }
    const line = raw.trimEnd()
    if (line.trim() === "") {
      close()
      if (out.length > 0 && out[out.length - 1] !== "") out.push("")
      continue
    }
    const heading = /^ {0,3}#{1,6}\s+(.*)$/.exec(line)
    if (heading !== null) {
      close()
      out.push(inline((heading[1] ?? "").replace(/(?:^|\s)#+$/, "").trim()))
      continue
    }
    if (/^\s*(?:[-*_]\s*){3,}$/.test(line)) {
      close()
      continue
    }
    if (/^\s*(?:[-*+]|\d{1,3}[.)])\s+/.test(line)) {
      close()
      paragraph = [inline(line.trim().replace(/^[*+]\s+/, "- "))]
      continue
    }
    if (/^\s*\|/.test(line)) {
      close()
      if (!/^[\s|:-]+$/.test(line)) {
        out.push(inline(line.replace(/^\s*\||\|\s*$/g, "").split("|").map((cell) => cell.trim()).join(" · ")))
      }
      continue
    }
    paragraph.push(inline(line.trim().replace(/^>\s?/, "")))
    // Two spaces at the end of a line break it.
    if (/ {2}$/.test(raw)) close()
  }
  close()
  return out.join("\n").replace(/\n{3,}/g, "\n\n").trim()
}

// Nothing below looks beyond where the next mark of its kind begins: a text full of marks is read in linear time.
const inline = (text: string): string =>
  text
    .replace(/!\[([^[\]]*)\]\([^()]*\)/g, "$1")
    .replace(/\[([^[\]]+)\]\(<?([^()\s>]+)>?(?:\s+"[^"]*")?\)/g, (_, label: string, url: string) =>
      label === url || url.startsWith("#") ? label : `${label} (${url.replace(/^mailto:/, "")})`)
    .replace(/<(https?:\/\/[^<>\s]+|[^<@>\s]+@[^<>\s]+)>/g, "$1")
    .replace(/(\*\*|__)(?=\S)(.{1,400}?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\p{L}\p{N}*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\p{L}\p{N}*])/gu, "$1")
    .replace(/(?<![\p{L}\p{N}_])_(?=\S)([^_]+?)(?<=\S)_(?![\p{L}\p{N}_])/gu, "$1")
    .replace(/~~(.+?)~~/g, "$1")
    .replace(/`([^`]+)`/g, "$1")
    .replace(/\\([\\`*_{}[\]()#+\-.!<>])/g, "$1")
