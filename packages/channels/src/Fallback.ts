/**
 * What a channel can't show as it is, said in what it can: buttons and lists become numbered texts, link buttons a text
 * with the address, long texts several messages.
 *
 * @since 0.1.0
 */
import { Option } from "effect"
import type { ChannelCapabilities } from "./ChannelAdapter.ts"
import type { Media, OutboundContent, TextContent } from "./MessageContent.ts"
import type { CarouselContent } from "./RichContent.ts"

/**
 * The part of a channel's capabilities that decides how content is sent.
 *
 * @category models
 * @since 0.1.0
 */
export type ContentCapabilities = Pick<
  ChannelCapabilities,
  "content" | "maxTextLength" | "maxButtons" | "maxListRows"
>

/**
 * The messages to send so that the customer reads all of `content`, in order; `None` when there is nothing readable in
 * it that the channel could carry (a sticker without an address on a text channel, a provider's own interactive object).
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Fallback.plan({ type: "text", text: "Hello" }, capabilities) // => Option.some([{ type: "text", text: "Hello" }])
 */
export const plan = (
  content: OutboundContent,
  capabilities: ContentCapabilities
): Option.Option<readonly [OutboundContent, ...Array<OutboundContent>]> => {
  if (content.type === "text") return asTexts(content, capabilities)
  if (capabilities.content.has(content.type) && fits(content, capabilities)) return Option.some([content])
  const text = toPlainText(content)
  return text === "" ? Option.none() : asTexts({ type: "text", text }, capabilities)
}

const fits = (content: OutboundContent, capabilities: ContentCapabilities): boolean => {
  switch (content.type) {
    case "buttons":
      return content.buttons.length <= capabilities.maxButtons
    case "list":
      return content.sections.reduce((rows, section) => rows + section.rows.length, 0) <= capabilities.maxListRows
    default:
      return true
  }
}

const asTexts = (
  content: TextContent,
  capabilities: ContentCapabilities
): Option.Option<readonly [OutboundContent, ...Array<OutboundContent>]> => {
  if (!capabilities.content.has("text")) return Option.none()
  const { preview, ...others } = content
  const [first, ...rest] = splitText(toPlainText(content), capabilities.maxTextLength).map((part): OutboundContent => ({
    ...others,
    text: part,
    ...(preview !== undefined && part.includes(preview.url) ? { preview } : {})
  }))
  return first === undefined ? Option.none() : Option.some([first, ...rest])
}

const lines = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== "").join("\n")

const sections = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== "").join("\n\n")

const mediaUrl = (media: Media): string | undefined => media.source.type === "url" ? media.source.url : undefined

/**
 * Content as one text that keeps every word, choice and address of it; empty when it has none.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toPlainText = (content: OutboundContent): string => {
  switch (content.type) {
    case "text":
      return content.preview === undefined || content.text.includes(content.preview.url)
        ? content.text
        : lines(content.text, content.preview.url)
    case "poll":
      return sections(content.question, content.options.map((option, index) => `${index + 1}. ${option}`).join("\n"))
    case "buttons":
      return sections(
        content.header,
        content.body,
        content.buttons.map((button, index) => `${index + 1}. ${button.title}`).join("\n"),
        content.footer
      )
    case "list": {
      let number = 0
      const rows = content.sections.map((section) =>
        lines(
          section.title,
          ...section.rows.map((row) => {
            number += 1
            return `${number}. ${row.title}${row.description === undefined ? "" : ` – ${row.description}`}`
          })
        )
      )
      return sections(content.header, content.body, ...rows, content.footer)
    }
    case "link_button":
      return sections(content.header, content.body, `${content.title}: ${content.url}`, content.footer)
    case "flow":
    case "catalog":
    case "address_request":
    case "location_request":
      return sections(
        "header" in content ? content.header : undefined,
        content.body,
        "footer" in content ? content.footer : undefined
      )
    case "product":
      return sections(content.product.name, content.body, content.footer)
    case "product_list":
      return sections(
        content.header,
        content.body,
        ...content.sections.map(({ products, title }) => lines(title, ...products.map(({ name }) => name))),
        content.footer
      )
    case "carousel":
      return sections(content.body, ...content.cards.map(cardText))
    case "template":
      return content.text ?? ""
    case "image":
    case "video":
    case "document": {
      const url = mediaUrl(content.media)
      return url === undefined ? "" : lines(content.caption, url)
    }
    case "audio":
    case "sticker":
      return mediaUrl(content.media) ?? ""
    case "location":
      return lines(
        content.name,
        content.address,
        content.url ?? `https://www.openstreetmap.org/?mlat=${content.latitude}&mlon=${content.longitude}`
      )
    case "contacts":
      return content.contacts.map((contact) =>
        lines(
          contact.name,
          contact.organization,
          ...contact.phones.map((phone) => phone.phone ?? phone.waId),
          ...contact.emails
        )
      ).join("\n\n")
    case "interactive":
      return ""
  }
}

const cardText = (card: (typeof CarouselContent.Type)["cards"][number]): string =>
  "product" in card ? card.product.name ?? "" : lines(
    card.body,
    card.media.url,
    ...("link" in card ? [`${card.link.title}: ${card.link.url}`] : card.buttons.map(({ title }) => `– ${title}`))
  )

/**
 * A text in parts of at most `maxLength` UTF-16 units: cut between paragraphs, else lines, else sentences, else words,
 * else characters, and never inside one. Nothing but white space at the cuts is lost.
 *
 * @category conversions
 * @since 0.1.0
 */
export const splitText = (text: string, maxLength: number): ReadonlyArray<string> => {
  const limit = Math.max(1, Math.trunc(maxLength))
  const parts: Array<string> = []
  let rest = text
  while (rest.length > limit) {
    const cut = cutAt(rest, limit)
    const part = rest.slice(0, cut).trimEnd()
    if (part !== "") parts.push(part)
    rest = rest.slice(cut).trimStart()
  }
  if (rest !== "") parts.push(rest)
  return parts
}

const separators = [/\n\s*\n/g, /\n/g, /[.!?。！？](?=\s)/g, /\s/g]

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })

const cutAt = (text: string, limit: number): number => {
  const head = text.slice(0, limit + 1)
  for (const separator of separators) {
    let last = -1
    for (const match of head.matchAll(separator)) {
      const end = match.index + match[0].length
      // White space is dropped at a cut, so a part may end just before it.
      const needed = match[0].trim() === "" ? match.index : end
      if (needed > 0 && needed <= limit) last = needed
    }
    // A cut in the first half would make many short messages out of one text.
    if (last > limit / 2) return last
  }
  let end = 0
  for (const { index, segment } of segmenter.segment(text.slice(0, limit + 64))) {
    if (index + segment.length > limit) break
    end = index + segment.length
  }
  if (end > 0) return end
  // One grapheme longer than the limit: cut between code points, or take the whole one if even that does not fit.
  const codePoint = text.codePointAt(limit - 1) ?? 0
  return codePoint > 0xffff ? (limit > 1 ? limit - 1 : 2) : limit
}
