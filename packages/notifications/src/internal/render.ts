import type { MailPreview, MailText } from "../MailTemplate.ts"

/** What placeholders stand for, as texts. */
export type Facts = Readonly<Record<string, string>>

const placeholder = /\{\{\s*([a-zA-Z][a-zA-Z0-9_]{0,59})\s*\}\}/g

/** The names that a text's placeholders have. */
export const placeholdersOf = (text: string): ReadonlyArray<string> => [
  ...new Set([...text.matchAll(placeholder)].map(([, name]) => name!))
]

const escape = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")

const fill = (text: string, facts: Facts, write: (value: string) => string): string => {
  let filled = ""
  let from = 0
  for (const match of text.matchAll(placeholder)) {
    filled += write(text.slice(from, match.index)) + write(facts[match[1]!] ?? "")
    from = match.index + match[0].length
  }
  return filled + write(text.slice(from))
}

const button = /^\[([^\]\n]{1,200})\]\(([^)\s]{1,2000})\)$/

const isWebAddress = (url: string) => /^https?:\/\//i.test(url)

const paragraphStyle = "margin:0 0 16px;line-height:1.5"
const buttonStyle =
  "display:inline-block;padding:10px 18px;border-radius:6px;background:#0b6e4f;color:#ffffff;text-decoration:none"

/** A text in both forms. The structure is the template's alone: nothing in a fact makes a button or an element. */
export const render = (template: MailText, facts: Facts, locale: string): MailPreview => {
  const plain = (text: string) => text
  const html = (text: string) => escape(text).replace(/\r?\n/g, "<br>")
  const texts: Array<string> = []
  const elements: Array<string> = []
  for (const raw of template.body.replace(/\r\n/g, "\n").split(/\n{2,}/)) {
    const block = raw.trim()
    if (block === "") continue
    const [, label, address] = button.exec(block) ?? []
    if (label !== undefined && address !== undefined) {
      const url = fill(address, facts, plain).trim()
      if (!isWebAddress(url)) continue
      texts.push(`${fill(label, facts, plain)}:\n${url}`)
      elements.push(
        `<p style="${paragraphStyle}"><a href="${escape(url)}" style="${buttonStyle}">${
          fill(label, facts, escape)
        }</a></p>`
      )
      continue
    }
    const filled = fill(block, facts, plain)
    // A paragraph of nothing but a fact that is empty.
    if (filled.trim() === "") continue
    texts.push(filled)
    const lines = block.split("\n")
    elements.push(
      lines.every((line) => line.startsWith("- "))
        ? `<ul style="${paragraphStyle}">${
          lines.map((line) => `<li>${fill(line.slice(2), facts, html)}</li>`).join("")
        }</ul>`
        : `<p style="${paragraphStyle}">${fill(block, facts, html)}</p>`
    )
  }
  return {
    subject: fill(template.subject, facts, plain).replace(/\s+/g, " ").trim().slice(0, 250),
    text: `${texts.join("\n\n")}\n`,
    html: `<!DOCTYPE html><html lang="${escape(locale)}"><head><meta charset="utf-8">` +
      "<meta name=\"viewport\" content=\"width=device-width\"></head>" +
      "<body style=\"margin:0;padding:24px;background:#f4f5f4;font-family:Helvetica,Arial,sans-serif;color:#1c2321\">" +
      "<div style=\"max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px\">" +
      `${elements.join("")}</div></body></html>`
  }
}
