/**
 * The emulated Graph API on HTTP, and the control routes that only this emulator has.
 *
 * @since 0.1.0
 */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Clock, Effect, Layer, Result, Schema, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Emulator from "../Emulator.ts"
import { TemplateChange } from "./CloudAccount.ts"
import type { CloudAccount } from "./CloudAccount.ts"
import type { CloudCore } from "./CloudCore.ts"
import * as CloudHttp from "./CloudHttp.ts"
import * as CloudLibrary from "./CloudLibrary.ts"
import * as CloudManagement from "./CloudManagement.ts"
import * as CloudMedia from "./CloudMedia.ts"
import * as CloudSend from "./CloudSend.ts"
import * as CloudTemplates from "./CloudTemplates.ts"
import * as CloudVerification from "./CloudVerification.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (core: CloudCore): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  Layer.mergeAll(graph(core), Emulator.routes(core.control), control(core))

/** Ends the connection without an answer. */
const cut = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  NodeHttpServerRequest.toIncomingMessage(request).socket.destroy()
  return Effect.never
})

const graph = (core: CloudCore) => {
  const { faults, ledger } = core.control

  const http = CloudHttp.make(core)
  const { accountWith, answered, authorized, business, jsonBody, missing, path, refuse } = http
  const account = accountWith("whatsapp_business_messaging")
  const management = CloudManagement.make(core, http)

  const accept = Effect.fnUntraced(function*(account: CloudAccount, send: CloudSend.CloudSend) {
    const about = {
      account: account.id,
      direction: "send" as const,
      to: send.to.value,
      text: send.text,
      ...(send.callbackData === undefined ? undefined : { clientMessageId: send.callbackData }),
      raw: send.native
    }
    const subject = `${account.id}:${send.callbackData ?? ""}:${ledger.all().length}`
    yield* Effect.sleep(faults.between(faults.current().answerDelay, subject))
    if (faults.hit("closeBeforeAcceptance", subject)) {
      yield* ledger.append({ ...about, outcome: "dropped" })
      return yield* cut
    }
    if (faults.hit("error", subject)) {
      const code = Number(faults.current().errorCode)
      yield* ledger.append({ ...about, outcome: `refused:${code}` })
      return code >= 400 && code < 600
        ? HttpServerResponse.text("Bad gateway", { status: code })
        : refuse(Failure.make(code))
    }
    const asked = management.calls.ask(account, send, yield* Clock.currentTimeMillis)
    const taken = asked === undefined ? core.send(account, send) : Effect.fail(asked)
    const accepted = yield* taken.pipe(
      Effect.tapError(({ code }) => ledger.append({ ...about, outcome: `refused:${code}` }))
    )
    yield* ledger.append({ ...about, providerMessageId: accepted.id, outcome: "accepted" })
    if (faults.hit("closeAfterAcceptance", subject)) return yield* cut
    if (faults.hit("errorAfterAcceptance", subject)) {
      return HttpServerResponse.text("Internal server error", { status: 500 })
    }
    if (faults.hit("timeoutAfterAcceptance", subject)) {
      const { answerAfter } = faults.current()
      yield* answerAfter === null ? Effect.never : Effect.sleep(answerAfter)
    }
    const { id, phone } = accepted.customer
    return HttpServerResponse.jsonUnsafe({
      messaging_product: "whatsapp",
      contacts: [{
        input: send.input,
        ...(phone === undefined ? undefined : { wa_id: phone }),
        ...(id === undefined ? undefined : { user_id: id })
      }],
      messages: [{
        id: accepted.id,
        ...(send.template === undefined ? undefined : { message_status: accepted.held ?? "accepted" })
      }]
    })
  })

  const messages = Effect.gen(function*() {
    const sender = yield* account
    const body = yield* jsonBody
    const decoded = CloudSend.decode(body, sender, core.templates.all(sender.businessAccountId))
    if (Result.isFailure(decoded)) {
      yield* ledger.append({
        account: sender.id,
        direction: "send",
        outcome: `refused:${decoded.failure.code}`,
        raw: body
      })
      return yield* Effect.fail(decoded.failure)
    }
    if (!CloudSend.isRead(decoded.success)) return yield* accept(sender, decoded.success)
    yield* core.read(sender, decoded.success)
    return HttpServerResponse.jsonUnsafe({ success: true })
  })

  const marketing = Effect.gen(function*() {
    const sender = yield* account
    const body = yield* jsonBody
    const decoded = CloudSend.decodeMarketing(body, sender, core.templates.all(sender.businessAccountId))
    if (Result.isSuccess(decoded)) return yield* accept(sender, decoded.success)
    const { code } = decoded.failure
    yield* ledger.append({ account: sender.id, direction: "send", outcome: `refused:${code}`, raw: body })
    return yield* Effect.fail(decoded.failure)
  })

  const upload = Effect.gen(function*() {
    const owner = yield* account
    const request = yield* HttpServerRequest.HttpServerRequest
    let product: string | undefined
    let type: string | undefined
    let file: { readonly bytes: Uint8Array; readonly mimeType: string } | undefined
    yield* Stream.runForEach(request.multipartStream, (part) => {
      if (part._tag === "File") {
        return Effect.map(part.contentEffect, (bytes) => {
          file = { bytes, mimeType: part.contentType }
        })
      }
      if (part.key === "messaging_product") product = part.value
      if (part.key === "type") type = part.value
      return Effect.void
    }).pipe(Effect.mapError(() => Failure.make(100, "The body is not multipart/form-data")))
    if (product !== "whatsapp") {
      return yield* Effect.fail(Failure.make(100, "(#100) The parameter messaging_product is required."))
    }
    if (file === undefined) return yield* Effect.fail(Failure.make(100, "The parameter file is required."))
    const mimeType = type ?? file.mimeType
    yield* Effect.fromResult(CloudMedia.check(mimeType, file.bytes.length))
    return HttpServerResponse.jsonUnsafe({ id: core.media.add(owner.id, file.bytes, mimeType).id })
  })

  const describeFile = Effect.fnUntraced(function*(file: CloudMedia.StoredFile) {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const now = yield* Clock.currentTimeMillis
    return HttpServerResponse.jsonUnsafe({
      messaging_product: "whatsapp",
      url: `http://${headers.host ?? "localhost"}${core.media.path(file, now)}`,
      mime_type: file.mimeType,
      sha256: file.sha256,
      file_size: file.bytes.length,
      id: file.id
    })
  })

  const node = Effect.gen(function*() {
    const id = yield* path
    const file = core.media.get(id)
    if (file === undefined) return yield* management.read
    yield* authorized(core.accounts().filter((one) => one.id === file.account))
    return yield* describeFile(file)
  })

  const remove = Effect.gen(function*() {
    const id = yield* path
    const file = core.media.get(id)
    if (file === undefined) return yield* management.remove
    yield* authorized(core.accounts().filter((one) => one.id === file.account))
    return HttpServerResponse.jsonUnsafe({ success: core.media.remove(id) })
  })

  const download = Effect.gen(function*() {
    const { expires = "", id = "", proof = "" } = yield* HttpRouter.params
    const file = core.media.resolve(id, expires, proof, yield* Clock.currentTimeMillis)
    if (file === undefined) return HttpServerResponse.empty({ status: 404 })
    yield* authorized(core.accounts().filter((one) => one.id === file.account))
    return HttpServerResponse.uint8Array(file.bytes, { contentType: file.mimeType })
  })

  const listTemplates = Effect.gen(function*() {
    const owner = yield* business
    const query = yield* HttpServerRequest.ParsedSearchParams
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const url = `http://${headers.host ?? "localhost"}/v23.0/${owner.businessAccountId}/message_templates`
    const page = CloudTemplates.page(
      core.templates.all(owner.businessAccountId),
      query,
      (after) => `${url}?after=${after}`
    )
    yield* ledger.append({
      account: owner.id,
      direction: "other",
      outcome: "template:listed",
      raw: query["after"] ?? null
    })
    if (faults.hit("closeBeforeAcceptance", `${owner.id}:listed:${ledger.all().length}`)) return yield* cut
    // What was read is told later, and may not be so any more.
    while (core.account(owner.id)?.templatePages === 0) yield* Effect.sleep(10)
    const left = core.account(owner.id)?.templatePages ?? null
    if (left !== null) core.amend(owner.id, { templatePages: left - 1 })
    return HttpServerResponse.jsonUnsafe(yield* Effect.fromResult(page))
  })

  const library = Effect.gen(function*() {
    yield* authorized(core.accounts(), "whatsapp_business_management")
    const query = yield* HttpServerRequest.ParsedSearchParams
    return CloudHttp.paged(yield* Effect.fromResult(CloudLibrary.find(query)), query, (one) => one)
  })

  /** A change that may be lost on its way, or whose answer may be. */
  const faulty = <A extends object>(owner: CloudAccount, outcome: string, effect: Effect.Effect<A, GraphFailure>) =>
    Effect.gen(function*() {
      const subject = `${owner.id}:${outcome}:${ledger.all().length}`
      const about = { account: owner.id, direction: "other" as const, raw: undefined }
      if (faults.hit("closeBeforeAcceptance", subject)) {
        yield* ledger.append({ ...about, outcome: `${outcome}:dropped` })
        return yield* cut
      }
      const answer = yield* effect
      yield* ledger.append({ ...about, outcome })
      if (faults.hit("closeAfterAcceptance", subject)) return yield* cut
      if (faults.hit("errorAfterAcceptance", subject)) {
        return HttpServerResponse.text("Internal server error", { status: 500 })
      }
      if (faults.hit("timeoutAfterAcceptance", subject)) {
        const { answerAfter } = faults.current()
        yield* answerAfter === null ? Effect.never : Effect.sleep(answerAfter)
      }
      return HttpServerResponse.jsonUnsafe(answer)
    })

  const createTemplate = Effect.gen(function*() {
    const owner = yield* business
    const body = yield* jsonBody
    return yield* faulty(owner, "template:created", core.templates.create(owner, body))
  })

  const deleteTemplate = Effect.gen(function*() {
    const owner = yield* business
    const { hsm_id: id, name } = yield* HttpServerRequest.ParsedSearchParams
    if (name === undefined) return yield* Effect.fail(Failure.make(100, "The parameter name is required."))
    return yield* faulty(
      owner,
      "template:deleted",
      Effect.as(core.templates.remove(owner, String(name), id === undefined ? undefined : String(id)), {
        success: true
      })
    )
  })

  const editTemplate = Effect.gen(function*() {
    const id = yield* path
    const found = core.templates.find(id)
    if (found === undefined) return yield* management.change
    const owner = yield* authorized(core.accounts().filter((one) => one.businessAccountId === found.owner))
    const body = yield* jsonBody
    return yield* faulty(owner, "template:edited", Effect.as(core.templates.edit(owner, id, body), { success: true }))
  })

  return HttpRouter.use(Effect.fnUntraced(function*(router) {
    yield* router.add("GET", "/:version/message_template_library", answered(library))
    yield* router.add("POST", "/:version/:id/messages", answered(messages))
    yield* router.add("POST", "/:version/:id/marketing_messages", answered(marketing))
    yield* router.add("POST", "/:version/:id/media", answered(upload))
    yield* router.add("GET", "/:version/:id/message_templates", answered(listTemplates))
    yield* router.add("POST", "/:version/:id/message_templates", answered(createTemplate))
    yield* router.add("DELETE", "/:version/:id/message_templates", answered(deleteTemplate))
    yield* router.add("POST", "/:version/:id", answered(editTemplate))
    for (const [method, route, handler] of management.routes) yield* router.add(method, route, answered(handler))
    yield* router.add("GET", "/media-files/:id/:expires/:proof", answered(download))
    yield* router.add(
      "POST",
      "/_emulator/calls",
      Emulator.answered(
        Effect.flatMap(bodyOf(CustomerCall), ({ account, from }) => management.calls.customerCalls(account, from))
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/call-permissions",
      Emulator.answered(
        Effect.flatMap(
          bodyOf(CallAnswer),
          ({ account, from, response }) => management.calls.answers(account, from, response)
        )
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/group-joins",
      Emulator.answered(
        Effect.flatMap(
          bodyOf(GroupJoin),
          ({ from, group, withdraw = false }) => management.follow(group, Emulator.customerKey(from), withdraw)
        )
      )
    )
    yield* router.add("GET", "/:version/:id", answered(node))
    yield* router.add("DELETE", "/:version/:id", answered(remove))
    yield* router.add(
      "*",
      "/*",
      answered(Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) => {
        const { pathname } = new URL(url, "http://localhost")
        const [, , id = "", ...rest] = pathname.split("/")
        return Effect.fail(
          rest.length === 0 ? missing(id) : Failure.make(2500, `Unknown path components: /${rest.join("/")}`)
        )
      }))
    )
  }))
}

const bodyOf = <A, I>(schema: Schema.Codec<A, I>) =>
  HttpServerRequest.schemaBodyJson(schema).pipe(
    Effect.mapError((error) => new Emulator.InvalidControl({ reason: error.message }))
  )

/** Somebody follows a group's link, or takes back that they asked to join. */
const GroupJoin = Schema.Struct({
  group: Schema.String,
  from: Emulator.Customer,
  withdraw: Schema.optionalKey(Schema.Boolean)
})

const CustomerCall = Schema.Struct({ account: Schema.String, from: Emulator.Customer })

/** What somebody says who was asked whether the business may call. */
const CallAnswer = Schema.Struct({ ...CustomerCall.fields, response: Schema.Literals(["accept", "reject"]) })

const Preference = Schema.Struct({
  account: Schema.String,
  from: Emulator.Customer,
  value: Schema.Literals(["stop", "resume"])
})

const Release = Schema.Struct({ outcome: Schema.Literals(["send", "drop"]) })

const Change = Schema.Struct({
  account: Schema.String,
  field: Schema.String,
  value: Schema.Record(Schema.String, Schema.Unknown)
})

/**
 * `POST /_emulator/preferences` (marketing stopped or resumed), `POST /_emulator/webhooks` (any change),
 * `POST /_emulator/accounts/{id}/templates` (what the provider does with one), `POST /_emulator/accounts/{id}/held` (what
 * is kept back goes, or is dropped), `POST /_emulator/accounts/{id}/display-name` (what the review of one finds) and
 * `POST /_emulator/accounts/{id}/verify` (the callback address' handshake).
 */
const control = (core: CloudCore) => {
  return HttpRouter.use(Effect.fnUntraced(function*(router) {
    yield* router.add(
      "POST",
      "/_emulator/preferences",
      Emulator.answered(
        Effect.flatMap(bodyOf(Preference), ({ account, from, value }) => core.preference(account, from, value))
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/webhooks",
      Emulator.answered(
        Effect.flatMap(bodyOf(Change), ({ account, field, value }) => core.webhook(account, field, value))
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/accounts/:id/templates",
      Emulator.answered(
        Effect.flatMap(
          Effect.all([HttpRouter.params, bodyOf(TemplateChange)]),
          ([{ id = "" }, change]) => core.template(id, change)
        )
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/accounts/:id/display-name",
      Emulator.answered(
        Effect.flatMap(
          Effect.all([HttpRouter.params, bodyOf(CloudVerification.NameDecision)]),
          ([{ id = "" }, decision]) => CloudVerification.decide(core, id, decision)
        )
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/accounts/:id/held",
      Emulator.answered(
        Effect.flatMap(
          Effect.all([HttpRouter.params, bodyOf(Release)]),
          ([{ id = "" }, { outcome }]) => Effect.map(core.release(id, outcome), (released) => ({ released }))
        )
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/accounts/:id/verify",
      Emulator.answered(
        Effect.flatMap(HttpRouter.params, ({ id = "" }) => core.handshake(id)).pipe(
          Effect.map((verified) => ({ verified }))
        )
      )
    )
  }))
}
