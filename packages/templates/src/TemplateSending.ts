/**
 * Template messages are checked before they are stored: that there is such a template and it may be used, and that what
 * it is filled with fits. Parameters become the provider's components, and the transcript has the text that is read.
 * They are checked again before they are sent: meanwhile the template may have been paused, or changed.
 *
 * @since 0.1.0
 */
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { Media, TemplateContent } from "@wicara/channels/MessageContent"
import * as SendGate from "@wicara/channels/SendGate"
import * as CanSend from "@wicara/conversations/CanSend"
import * as Id from "@wicara/core/Id"
import { OutboundTemplates } from "@wicara/conversations/OutboundTemplates"
import type { TemplateCheck } from "@wicara/conversations/OutboundTemplates"
import { FileId } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import { Effect, Layer, Option, Predicate, Result } from "effect"
import { SqlClient } from "effect/sql"
import { optional } from "./internal/optional.ts"
import { sayProblem } from "./internal/parameterProblems.ts"
import { scopeOf } from "./internal/syncRequests.ts"
import { definitionOf, naturalKey, templateColumns } from "./internal/templateRows.ts"
import type { ScopeKey, TemplateRow } from "./internal/templateRows.ts"
import { english } from "./ProblemDetails.ts"
import { isUsable } from "./Template.ts"
import type { DefinitionModel } from "./TemplateDefinition.ts"
import * as TemplateMessage from "./TemplateMessage.ts"
import * as TemplateParameters from "./TemplateParameters.ts"
import { hasAnyCards } from "./TemplateParameters.ts"

/** What a header takes, by its format: kinds of files, and their size in bytes. */
const accepted: Readonly<Record<string, { readonly types: ReadonlyArray<string> | undefined; readonly max: number }>> =
  {
    IMAGE: { types: ["image/jpeg", "image/png"], max: 5 * 1024 * 1024 },
    VIDEO: { types: ["video/mp4", "video/3gpp"], max: 16 * 1024 * 1024 },
    GIF: { types: ["video/mp4"], max: 16 * 1024 * 1024 },
    DOCUMENT: { types: undefined, max: 100 * 1024 * 1024 }
  }

/** The stored file that the header is given, and the name that the customer sees. */
const fileOf = (header: TemplateParameters.TemplateParameters["header"]) =>
  header !== undefined && "file" in header && Predicate.isString(header.file)
    ? {
      source: { type: "file" as const, id: header.file },
      ...("filename" in header && Predicate.isString(header.filename) ? { fileName: header.filename } : undefined)
    }
    : undefined

/** A part with the file of its header, which stands beside the components. */
const withHeaderFile = (part: unknown, media: Media | null | undefined) => {
  const said: Readonly<Record<string, unknown>> = Predicate.isObject(part) ? part : {}
  if (media == null) return said
  const { source } = media
  const value = source.type === "file"
    ? { file: source.id }
    : source.type === "provider_id"
    ? { id: source.id }
    : source.type === "url"
    ? { link: source.url }
    : undefined
  return { ...said, header: { ...(Predicate.isObject(said["header"]) ? said["header"] : undefined), ...value } }
}

/** What the components say, with the files that are beside them. */
const saidBy = (definition: DefinitionModel, { cardMedia, components, media }: TemplateContent) => {
  const said = withHeaderFile(TemplateMessage.fromComponents(definition, components), media)
  const cards = said["cards"]
  return cardMedia === undefined || !Array.isArray(cards)
    ? said
    : { ...said, cards: cards.map((card, index) => withHeaderFile(card, cardMedia[index])) }
}

/** Each stored file of a message that fits: the format of its header, and where it is named. */
const storedFiles = (definition: DefinitionModel, { cardMedia = [], media }: TemplateContent, isOwn: boolean) => {
  const named = (media: Media | null | undefined, format: string | undefined, at: string) =>
    media?.source.type === "file"
      ? [{ id: media.source.id, format: format ?? "", field: `/content${at}` }]
      : []
  const cardAt = (index: number) => definition.cards[hasAnyCards(definition) ? 0 : index]?.header?.format
  return [
    ...named(media, definition.header?.format, isOwn ? "/media/source/id" : "/parameters/header/file"),
    ...cardMedia.flatMap((one, index) =>
      named(one, cardAt(index), isOwn ? `/cardMedia/${index}/source/id` : `/parameters/cards/${index}/header/file`)
    )
  ]
}

const checkRow = (row: TemplateRow, content: TemplateContent): TemplateCheck => {
  if (!isUsable(row.status)) return { _tag: "Unusable", status: row.status, reason: row.reason }
  const definition = definitionOf(row)
  const { cardMedia: besideCards, components, media: beside, parameters: given, ...rest } = content
  const isOwn = given === undefined
  const decoded = TemplateParameters.decode(definition, isOwn ? saidBy(definition, content) : given)
  if (Result.isFailure(decoded)) {
    const { detail, pointer } = sayProblem(decoded.failure)
    return isOwn
      // The provider's components have no places that compare: the parameters' are said in words.
      ? {
        _tag: "Misfit",
        field: "/content/components",
        detail: pointer === "" ? detail : `${pointer.slice(1)}: ${detail}`
      }
      : { _tag: "Misfit", field: `/content/parameters${pointer}`, detail }
  }
  const media = isOwn ? beside : fileOf(decoded.success.header)
  const ofCards = (decoded.success.cards ?? []).map(({ header }) => fileOf(header) ?? null)
  const cardMedia = isOwn ? besideCards : ofCards.some((one) => one !== null) ? ofCards : undefined
  return {
    _tag: "Fits",
    content: {
      ...rest,
      ...optional("media", media),
      ...optional("cardMedia", cardMedia),
      components: isOwn ? components : TemplateMessage.toComponents(definition, decoded.success),
      category: row.category,
      text: content.text ?? TemplateMessage.render(definition, decoded.success).text
    }
  }
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const files = yield* Files
  const columns = templateColumns(sql)

  const find = (key: ScopeKey, content: TemplateContent) =>
    Effect.map(
      sql<TemplateRow>`SELECT ${columns} FROM templates_templates
        WHERE organization_id = ${key.organizationId} AND natural_key = ${naturalKey(key, content)}`,
      ([row]) => row
    )

  /** Only a list that was read to its end says that there is no such template. */
  const isListed = (key: ScopeKey) =>
    Effect.map(
      sql<{ readonly complete_at: unknown }>`SELECT complete_at FROM templates_scopes
        WHERE organization_id = ${key.organizationId} AND channel = ${key.channel} AND scope = ${key.scope}`,
      ([row]) => row !== undefined && row.complete_at !== null
    )

  /** By what is known of the template now. */
  const checkTemplate = Effect.fnUntraced(function*(content: TemplateContent, account: ResolvedAccount) {
    const key = scopeOf(account)
    const row = key === undefined ? undefined : yield* find(key, content)
    if (row !== undefined) return { checked: checkRow(row, content), row }
    const isKnown = key !== undefined && (yield* isListed(key))
    const checked: TemplateCheck = isKnown
      ? { _tag: "Unusable", status: "missing", reason: null }
      : content.parameters === undefined
      ? { _tag: "Fits", content }
      : {
        _tag: "Misfit",
        field: "/content/parameters",
        detail: english(key === undefined ? "noTemplatesOnChannel" : "notKnownYet")
      }
    return { checked, row }
  })

  /** Why a header of the format can't show the file; who may use it is another question. */
  const refusalOf = Effect.fnUntraced(function*(id: string, format: string) {
    const found = Id.isCanonical(id) ? yield* Effect.option(files.get(FileId.make(id))) : Option.none()
    if (Option.isNone(found)) return english("sampleNotFound")
    const { contentType, size } = found.value
    const { max, types } = accepted[format] ?? { types: [], max: 0 }
    if (types !== undefined && !types.includes(contentType)) {
      return english("headerFileType", { types: types.join(", "), type: contentType })
    }
    return size > max ? english("headerFileSize", { max: max / 1024 / 1024 }) : undefined
  })

  const check = Effect.fn("TemplateSending.check")(function*(content: TemplateContent, account: ResolvedAccount) {
    const { checked, row } = yield* checkTemplate(content, account)
    if (row === undefined || checked._tag !== "Fits") return checked
    const isOwn = content.parameters === undefined
    for (const { field, format, id } of storedFiles(definitionOf(row), checked.content, isOwn)) {
      const detail = yield* refusalOf(id, format)
      if (detail !== undefined) return { _tag: "Misfit", field, detail } satisfies TemplateCheck
    }
    return checked
  }, Effect.orDie)

  /** What was paused waits for nothing: the messages behind it in its conversation would wait, too. */
  const ask: SendGate.SendGate["ask"] = Effect.fn("TemplateSending.ask")(
    function*({ account, message: { content } }) {
      if (content.type !== "template") return SendGate.go
      const { checked } = yield* checkTemplate(content, account)
      if (checked._tag === "Fits") return SendGate.go
      if (checked._tag === "Misfit") {
        return SendGate.never("template_mismatch", `The template was changed since. ${checked.detail}`)
      }
      const { reason, status } = checked
      const { language, name } = content
      const said = CanSend.describe({ _tag: "TemplateUnusable", name, language, status, reason })
      return SendGate.never("template_unusable", reason === null ? said : `${said} ${reason}`)
    },
    Effect.orDie
  )

  return { ask, check }
})

/**
 * Fills the port of conversations, and adds a gate to those that the sender asks.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql: Layer.Layer<never, never, SqlClient.SqlClient | Files> = Layer.unwrap(
  Effect.map(
    make,
    ({ ask, check }) =>
      Layer.merge(Layer.succeed(OutboundTemplates, { check }), SendGate.layer(Effect.succeed({ ask })))
  )
)
