/**
 * The message templates of emulated business accounts: what may be created and changed, what review and quality make of
 * them, and what is told of it.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 * @since 0.1.0
 */
import { Clock, Effect, FiberSet, Predicate, Result } from "effect"
import type { Scope } from "effect"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import type { CloudAccount, Template, TemplateChange } from "./CloudAccount.ts"
import * as CloudDefinition from "./CloudDefinition.ts"
import * as CloudLibrary from "./CloudLibrary.ts"
import * as Requests from "./CloudTemplateRequests.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/** A template with the id that it has here. @category models @since 0.1.0 */
export type StoredTemplate = Template & { readonly id: string }

/**
 * @category models
 * @since 0.1.0
 */
export interface CloudTemplates {
  /** Those of a business account, in the order of their creation. */
  readonly all: (businessAccountId: string) => ReadonlyArray<StoredTemplate>
  readonly has: (businessAccountId: string) => boolean
  readonly find: (id: string) => { readonly owner: string; readonly template: StoredTemplate } | undefined
  /** Replaces all of them, without a word to anybody. */
  readonly replace: (businessAccountId: string, templates: ReadonlyArray<Template>) => void
  readonly create: (
    account: CloudAccount,
    body: unknown
  ) => Effect.Effect<{ readonly id: string; readonly status: string; readonly category: string }, GraphFailure>
  readonly edit: (account: CloudAccount, id: string, body: unknown) => Effect.Effect<void, GraphFailure>
  /** All languages of a name, or the one with the id. */
  readonly remove: (account: CloudAccount, name: string, id?: string | undefined) => Effect.Effect<void, GraphFailure>
  /** What the provider does with it; told by webhook unless `silent`. Whether there is such a template. */
  readonly change: (account: CloudAccount, change: TemplateChange) => Effect.Effect<boolean>
  /** How many creations were accepted, by name and language: more than one each would be a repeated one. */
  readonly creations: (businessAccountId: string) => ReadonlyMap<string, number>
}

type Tell = (
  businessAccountId: string,
  field: string,
  value: Readonly<Record<string, unknown>>
) => Effect.Effect<void>

const hour = 3_600_000
const day = 24 * hour
const editable = new Set(["APPROVED", "REJECTED", "PAUSED"])
const maxTemplates = 250
const maxCreations = 100

/** What was edited less than a day ago, or ten times in thirty days, has to wait. */
const maxEdits = { perDay: 1, perMonth: 10 }

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  seed: string,
  tell: Tell
): Effect.fn.Return<CloudTemplates, never, Scope.Scope> {
  const reviews = yield* FiberSet.make()
  const stored = new Map<string, Array<StoredTemplate>>()
  const createdAt = new Map<string, Array<number>>()
  const editedAt = new Map<string, Array<number>>()
  const blocked = new Map<string, number>()
  const created = new Map<string, Map<string, number>>()
  let count = 0

  const keyOf = ({ language, name }: { readonly name: string; readonly language: string }) => `${name}\u0000${language}`

  const newId = (owner: string, template: { readonly name: string; readonly language: string }, turn: number) =>
    `1${
      String(Number.parseInt(EmulatorFaults.hex(seed, `template:${owner}:${keyOf(template)}:${turn}`, 12), 16))
        .padStart(15, "0")
    }`

  const of = (owner: string): Array<StoredTemplate> => {
    const known = stored.get(owner)
    if (known !== undefined) return known
    const made: Array<StoredTemplate> = []
    stored.set(owner, made)
    return made
  }

  const find = (id: string) => {
    for (const [owner, templates] of stored) {
      const template = templates.find((one) => one.id === id)
      if (template !== undefined) return { owner, template }
    }
    return undefined
  }

  const put = (owner: string, template: StoredTemplate) => {
    const templates = of(owner)
    const index = templates.findIndex(({ id }) => id === template.id)
    if (index >= 0) templates[index] = template
  }

  /** As webhooks name it: the id is a number, and the language has a hyphen. */
  const naming = (template: StoredTemplate) => ({
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language.replace("_", "-")
  })

  const tellStatus = (owner: string, template: StoredTemplate, event: string, change: Partial<TemplateChange> = {}) =>
    tell(owner, "message_template_status_update", {
      event,
      ...naming(template),
      reason: change.reason ?? "NONE",
      message_template_category: template.category,
      ...(change.stage === undefined ? undefined : { other_info: { title: change.stage, description: change.stage } }),
      ...(change.disableDate === undefined ? undefined : { disable_info: { disable_date: change.disableDate } })
    })

  const review = (account: CloudAccount, id: string) =>
    Effect.gen(function*() {
      const { after, reject } = account.templateReview
      yield* Effect.sleep(after)
      const found = find(id)
      if (found === undefined || found.template.status !== "PENDING") return
      const refused = reject.includes(found.template.name)
      const { rejected_reason: _, ...rest } = found.template
      const judged: StoredTemplate = refused
        ? { ...rest, status: "REJECTED", rejected_reason: "INVALID_FORMAT" }
        : { ...rest, status: "APPROVED" }
      put(found.owner, judged)
      yield* tellStatus(found.owner, judged, judged.status, { reason: refused ? "INVALID_FORMAT" : "NONE" })
    })

  const create = Effect.fnUntraced(function*(account: CloudAccount, body: unknown) {
    const owner = account.businessAccountId
    const now = yield* Clock.currentTimeMillis
    const asked = yield* Effect.fromResult(Requests.decode(Requests.Creation, body))
    const wanted = yield* Effect.fromResult(
      asked.library_template_name === undefined ? CloudDefinition.decode(asked) : CloudLibrary.decode(asked)
    )
    const wrongTime = CloudDefinition.checkTtl(wanted.category, wanted.message_send_ttl_seconds)
    if (wrongTime !== undefined) return yield* Effect.fail(wrongTime)
    const recent = (createdAt.get(owner) ?? []).filter((at) => now - at < hour)
    if (recent.length >= maxCreations) {
      return yield* Effect.fail(
        Failure.make(80007, "There have been too many calls to this WhatsApp Business account.")
      )
    }
    const templates = of(owner)
    if (templates.length >= maxTemplates) {
      return yield* Effect.fail(
        Failure.make(100, "The account has as many message templates as it may.", { subcode: 2388019 })
      )
    }
    if (now - (blocked.get(`${owner}\u0000${wanted.name}`) ?? -Infinity) < 30 * day) {
      return yield* Effect.fail(
        Failure.make(100, "The name can't be used while the deleted template's content is being removed.", {
          subcode: 2388023
        })
      )
    }
    if (templates.some((one) => keyOf(one) === keyOf(wanted))) {
      return yield* Effect.fail(
        Failure.make(100, "There is already content in this language for this template.", { subcode: 2388024 })
      )
    }
    createdAt.set(owner, [...recent, now])
    const times = created.get(owner) ?? new Map<string, number>()
    times.set(keyOf(wanted), (times.get(keyOf(wanted)) ?? 0) + 1)
    created.set(owner, times)
    const template: StoredTemplate = { ...wanted, id: newId(owner, wanted, ++count) }
    templates.push(template)
    if (template.status === "PENDING") yield* FiberSet.run(reviews, review(account, template.id))
    return { id: template.id, status: template.status, category: template.category }
  })

  const owned = (account: CloudAccount, id: string): Effect.Effect<StoredTemplate, GraphFailure> => {
    const found = find(id)
    return found === undefined || found.owner !== account.businessAccountId
      ? Effect.fail(Failure.make(100, `Object with ID '${id}' does not exist`, { subcode: 33 }))
      : Effect.succeed(found.template)
  }

  const edit = Effect.fnUntraced(function*(account: CloudAccount, id: string, body: unknown) {
    const template = yield* owned(account, id)
    const now = yield* Clock.currentTimeMillis
    if (!editable.has(template.status)) {
      return yield* Effect.fail(Failure.make(100, `A template that is ${template.status} can't be edited.`))
    }
    const edits = (editedAt.get(id) ?? []).filter((at) => now - at < 30 * day)
    const isApproved = template.status === "APPROVED"
    if (
      isApproved &&
      (edits.length >= maxEdits.perMonth || edits.filter((at) => now - at < day).length >= maxEdits.perDay)
    ) {
      return yield* Effect.fail(Failure.make(100, "An approved template can be edited once a day, ten times a month."))
    }
    const asked = yield* Effect.fromResult(Requests.decode(Requests.Edit, body))
    if (template.library_template_name !== undefined && asked.components !== undefined) {
      return yield* Effect.fail(Failure.make(100, "The text of a library's template can't be changed."))
    }
    // What is of the library was judged as it is.
    const changed = yield* template.library_template_name === undefined
      ? Effect.fromResult(
        CloudDefinition.decode({ ...template, ...asked, name: template.name, language: template.language })
      )
      : Effect.succeed({
        ...template,
        ...(asked.message_send_ttl_seconds === undefined
          ? undefined
          : { message_send_ttl_seconds: asked.message_send_ttl_seconds }),
        ...(asked.cta_url_link_tracking_opted_out === undefined
          ? undefined
          : { cta_url_link_tracking_opted_out: asked.cta_url_link_tracking_opted_out })
      })
    const wrongTime = CloudDefinition.checkTtl(changed.category, changed.message_send_ttl_seconds)
    if (wrongTime !== undefined) return yield* Effect.fail(wrongTime)
    if (isApproved && changed.category !== template.category) {
      return yield* Effect.fail(Failure.make(100, "The category of an approved template can't be changed."))
    }
    editedAt.set(id, [...edits, now])
    put(account.businessAccountId, { ...template, ...changed, language: template.language, status: "PENDING" })
    yield* FiberSet.run(reviews, review(account, id))
  })

  const remove = Effect.fnUntraced(function*(account: CloudAccount, name: string, id?: string | undefined) {
    const owner = account.businessAccountId
    const gone = of(owner).filter((one) => one.name === name && (id === undefined || one.id === id))
    if (gone.length === 0) {
      return yield* Effect.fail(Failure.make(100, `There is no message template "${name}".`, { subcode: 2593002 }))
    }
    stored.set(owner, of(owner).filter((one) => !gone.includes(one)))
    if (gone.some(({ status }) => status === "APPROVED")) {
      blocked.set(`${owner}\u0000${name}`, yield* Clock.currentTimeMillis)
    }
    yield* Effect.forEach(gone, (template) => tellStatus(owner, template, "PENDING_DELETION"), { discard: true })
  })

  const change = Effect.fnUntraced(function*(account: CloudAccount, change: TemplateChange) {
    const owner = account.businessAccountId
    const before = of(owner).find((one) => keyOf(one) === keyOf(change))
    if (before === undefined) return false
    const { event, silent } = change
    const status = event === undefined ? undefined : statusAfter(event)
    const after: StoredTemplate = {
      ...before,
      ...(status === undefined ? undefined : { status }),
      ...(change.reason === undefined ? undefined : { rejected_reason: change.reason }),
      ...(change.quality === undefined ? undefined : { quality_score: { score: change.quality } }),
      ...(change.category === undefined
        ? undefined
        : { category: change.category, previous_category: before.category }),
      ...(change.components === undefined ? undefined : { components: change.components })
    }
    if (status === "DELETED") stored.set(owner, of(owner).filter(({ id }) => id !== before.id))
    else put(owner, after)
    if (silent === true) return true
    if (event !== undefined) yield* tellStatus(owner, after, event, change)
    if (change.quality !== undefined) {
      yield* tell(owner, "message_template_quality_update", {
        previous_quality_score: before.quality_score?.score ?? "UNKNOWN",
        new_quality_score: change.quality,
        ...naming(after)
      })
    }
    if (change.category !== undefined) {
      yield* tell(owner, "template_category_update", {
        ...naming(after),
        previous_category: before.category,
        new_category: change.category
      })
    }
    if (change.correctCategory !== undefined) {
      yield* tell(owner, "template_category_update", {
        ...naming(after),
        new_category: after.category,
        correct_category: change.correctCategory,
        category_update_timestamp: Math.floor((yield* Clock.currentTimeMillis) / 1000) + 86_400
      })
    }
    if (change.components !== undefined) {
      const body = change.components.find(({ type }) => type === "BODY")?.["text"]
      yield* tell(owner, "message_template_components_update", {
        ...naming(after),
        message_template_element: Predicate.isString(body) ? body : ""
      })
    }
    return true
  })

  return {
    all: of,
    has: (owner) => stored.has(owner),
    find,
    replace: (owner, templates) => {
      stored.set(
        owner,
        templates.map((template) => ({ ...template, id: template.id ?? newId(owner, template, 0) }))
      )
    },
    create,
    edit,
    remove,
    change,
    creations: (owner) => created.get(owner) ?? new Map()
  }
})

/** Events name what happened; most of them are the status after it, too. */
const statusAfter = (event: string): string =>
  event === "REINSTATED" || event === "UNARCHIVED" ? "APPROVED" : event === "FLAGGED" ? "APPROVED" : event

/**
 * The page of a list that begins after a cursor.
 *
 * @category getters
 * @since 0.1.0
 */
export const page = (
  templates: ReadonlyArray<StoredTemplate>,
  query: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>,
  address: (after: string) => string
): Result.Result<object, GraphFailure> => {
  const wanted = templates.filter((template) =>
    (["status", "language", "category"] as const).every((key) =>
      query[key] === undefined || template[key] === query[key]
    ) && (query["name"] === undefined || template.name.startsWith(String(query["name"])))
  )
  const after = query["after"]
  const start = after === undefined ? 0 : wanted.findIndex(({ id }) => cursorOf(id) === after) + 1
  if (after !== undefined && start === 0) return Result.fail(Failure.make(100, "Invalid cursor"))
  const limit = Math.max(1, Number(query["limit"] ?? 25) || 25)
  const fields = query["fields"] === undefined ? undefined : new Set(["id", ...String(query["fields"]).split(",")])
  const data = wanted.slice(start, start + limit)
  const [first] = data
  const last = data[data.length - 1]
  return Result.succeed({
    data: data.map(({ parameter_format = "POSITIONAL", ...rest }) =>
      Object.fromEntries(
        Object.entries({ ...rest, parameter_format }).filter(([key]) => fields === undefined || fields.has(key))
      )
    ),
    ...(first === undefined || last === undefined ? undefined : {
      paging: {
        cursors: { before: cursorOf(first.id), after: cursorOf(last.id) },
        ...(start + data.length < wanted.length ? { next: address(cursorOf(last.id)) } : undefined)
      }
    })
  })
}

const cursorOf = (id: string) => Buffer.from(id).toString("base64url")
