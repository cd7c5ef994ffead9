/**
 * Template messages are checked before they are stored: that there is such a template and it may be used, and that what
 * it is filled with fits. Parameters become the provider's components, and the transcript has the text that is read.
 * They are checked again before they are sent: meanwhile the template may have been paused, or changed.
 *
 * @since 0.1.0
 */
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { TemplateContent } from "@wicara/channels/MessageContent"
import * as SendGate from "@wicara/channels/SendGate"
import * as CanSend from "@wicara/conversations/CanSend"
import { OutboundTemplates } from "@wicara/conversations/OutboundTemplates"
import type { TemplateCheck } from "@wicara/conversations/OutboundTemplates"
import { Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import { sayProblem } from "./internal/parameterProblems.ts"
import { scopeOf } from "./internal/syncRequests.ts"
import { definitionOf, naturalKey, templateColumns } from "./internal/templateRows.ts"
import type { ScopeKey, TemplateRow } from "./internal/templateRows.ts"
import { english } from "./ProblemDetails.ts"
import { isUsable } from "./Template.ts"
import * as TemplateMessage from "./TemplateMessage.ts"
import * as TemplateParameters from "./TemplateParameters.ts"

const checkRow = (row: TemplateRow, content: TemplateContent): TemplateCheck => {
  if (!isUsable(row.status)) return { _tag: "Unusable", status: row.status, reason: row.reason }
  const definition = definitionOf(row)
  const { components, parameters: given, ...rest } = content
  const isOwn = given === undefined
  const decoded = TemplateParameters.decode(
    definition,
    isOwn ? TemplateMessage.fromComponents(definition, components) : given
  )
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
  return {
    _tag: "Fits",
    content: {
      ...rest,
      components: isOwn ? components : TemplateMessage.toComponents(definition, decoded.success),
      text: content.text ?? TemplateMessage.render(definition, decoded.success).text
    }
  }
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
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

  const check = Effect.fn("TemplateSending.check")(function*(content: TemplateContent, account: ResolvedAccount) {
    const key = scopeOf(account)
    const row = key === undefined ? undefined : yield* find(key, content)
    if (row !== undefined) return checkRow(row, content)
    const isKnown = key !== undefined && (yield* isListed(key))
    if (isKnown) return { _tag: "Unusable", status: "missing", reason: null } satisfies TemplateCheck
    if (content.parameters === undefined) return { _tag: "Fits", content } satisfies TemplateCheck
    return {
      _tag: "Misfit",
      field: "/content/parameters",
      detail: english(key === undefined ? "noTemplatesOnChannel" : "notKnownYet")
    } satisfies TemplateCheck
  }, Effect.orDie)

  return { check }
})

/** What was paused waits for nothing: the messages behind it in its conversation would wait, too. */
const gate = Effect.map(OutboundTemplates, ({ check }): SendGate.SendGate => ({
  ask: Effect.fn("TemplateSending.ask")(function*({ account, message: { content } }) {
    if (content.type !== "template") return SendGate.go
    const checked = yield* check(content, account)
    if (checked._tag === "Fits") return SendGate.go
    if (checked._tag === "Misfit") {
      return SendGate.never("template_mismatch", `The template was changed since. ${checked.detail}`)
    }
    const { reason, status } = checked
    const { language, name } = content
    const said = CanSend.describe({ _tag: "TemplateUnusable", name, language, status, reason })
    return SendGate.never("template_unusable", reason === null ? said : `${said} ${reason}`)
  })
}))

/**
 * Fills the port of conversations, and adds a gate to those that the sender asks.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql: Layer.Layer<never, never, SqlClient.SqlClient> = SendGate.layer(gate).pipe(
  Layer.provideMerge(Layer.effect(OutboundTemplates, make))
)
