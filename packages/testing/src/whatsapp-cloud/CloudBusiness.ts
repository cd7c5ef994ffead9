/**
 * What customers see of an emulated number, and whom it does not hear: business profile, blocked people, QR codes, the
 * words and commands of a chat, call settings, and files for samples and pictures.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CloudCore } from "./CloudCore.ts"
import { paged, read, success } from "./CloudHttp.ts"
import type { CloudHttp, Handler, Route } from "./CloudHttp.ts"
import * as Requests from "./CloudRequests.ts"
import * as Failure from "./GraphFailure.ts"

interface Upload {
  readonly length: number
  readonly type: string
  readonly bytes: Uint8Array
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (core: CloudCore, { accountWith, authorized, jsonBody, missing, path }: CloudHttp) => {
  const profiles = new Map<string, Record<string, unknown>>()
  const codes = new Map<string, Map<string, { readonly message: string; readonly image: string | undefined }>>()
  const automations = new Map<string, typeof Requests.Automation.Type>()
  const settings = new Map<string, NonNullable<(typeof Requests.Settings.Type)["calling"]>>()
  const uploads = new Map<string, Upload>()
  const handles = new Set<string>()
  const number = accountWith("whatsapp_business_management")

  const callingOf = (id: string) =>
    settings.get(id) ??
      { status: core.account(id)?.calling === true ? "ENABLED" : "DISABLED", call_icon_visibility: "DEFAULT" }

  const readProfile: Handler = Effect.gen(function*() {
    const account = yield* number
    const { fields } = yield* HttpServerRequest.ParsedSearchParams
    const profile = profiles.get(account.id) ?? {}
    const wanted = fields === undefined ? [] : String(fields).split(",")
    return HttpServerResponse.jsonUnsafe({
      data: [{
        messaging_product: "whatsapp",
        ...Object.fromEntries(wanted.flatMap((name) => profile[name] === undefined ? [] : [[name, profile[name]]]))
      }]
    })
  })

  const changeProfile: Handler = Effect.gen(function*() {
    const account = yield* number
    const { messaging_product: _, profile_picture_handle: handle, ...change } = yield* read(
      Requests.Profile,
      yield* jsonBody
    )
    if (handle !== undefined && !handles.has(handle)) {
      return yield* Effect.fail(Failure.make(100, "profile_picture_handle is not a handle of an upload"))
    }
    profiles.set(account.id, {
      ...profiles.get(account.id),
      ...change,
      ...(handle === undefined ? undefined : { profile_picture_url: `https://pps.whatsapp.net/${handle.slice(-8)}` })
    })
    return success
  })

  const blocks = (action: "block" | "unblock"): Handler =>
    Effect.gen(function*() {
      const account = yield* number
      const { block_users: users } = yield* read(Requests.Blocks, yield* jsonBody)
      const known = core.blocked(account.id)
      const done = users.map(({ user }) => ({ input: user, wa_id: user.replace(/[^0-9A-Za-z.]/g, "") }))
      for (const { wa_id: id } of done) {
        if (action === "block") known.add(id)
        else known.delete(id)
      }
      return HttpServerResponse.jsonUnsafe({
        messaging_product: "whatsapp",
        block_users: { [action === "block" ? "added_users" : "removed_users"]: done }
      })
    })

  const listBlocks: Handler = Effect.gen(function*() {
    const account = yield* number
    return paged(Array.from(core.blocked(account.id)), yield* HttpServerRequest.ParsedSearchParams, (id) => ({
      messaging_product: "whatsapp",
      wa_id: id
    }))
  })

  const described = (code: string, one: { readonly message: string; readonly image: string | undefined }) => ({
    code,
    prefilled_message: one.message,
    deep_link_url: `https://wa.me/message/${code}`,
    ...(one.image === undefined ? undefined : { qr_image_url: one.image })
  })

  const codesOf = (id: string) => {
    const known = codes.get(id) ?? new Map<string, { readonly message: string; readonly image: string | undefined }>()
    codes.set(id, known)
    return known
  }

  const writeCode: Handler = Effect.gen(function*() {
    const account = yield* number
    const wanted = yield* read(Requests.QrCode, yield* jsonBody)
    const known = codesOf(account.id)
    const before = wanted.code === undefined ? undefined : known.get(wanted.code)
    if (wanted.code !== undefined && before === undefined) return yield* Effect.fail(missing(wanted.code))
    const digits = core.newId("qr")
    const code = wanted.code ??
      Array.from({ length: 14 }, (_, index) => base32[Number(digits[index % digits.length]) + index]).join("")
    const image = wanted.generate_qr_image === undefined
      ? before?.image
      : `https://scontent.whatsapp.net/${code}.${wanted.generate_qr_image.toLowerCase()}`
    const made = { message: wanted.prefilled_message, image }
    known.set(code, made)
    return HttpServerResponse.jsonUnsafe(described(code, made))
  })

  const listCodes: Handler = Effect.gen(function*() {
    const account = yield* number
    const { code } = yield* HttpServerRequest.ParsedSearchParams
    const all = Array.from(codesOf(account.id)).filter(([one]) => code === undefined || one === code)
    return HttpServerResponse.jsonUnsafe({ data: all.map(([one, made]) => described(one, made)) })
  })

  const codeInPath = Effect.map(HttpRouter.params, ({ code = "" }) => code)

  const readCode: Handler = Effect.gen(function*() {
    const account = yield* number
    const code = yield* codeInPath
    const known = codesOf(account.id).get(code)
    return known === undefined
      ? yield* Effect.fail(missing(code))
      : HttpServerResponse.jsonUnsafe(described(code, known))
  })

  const removeCode: Handler = Effect.gen(function*() {
    const account = yield* number
    const code = yield* codeInPath
    return codesOf(account.id).delete(code) ? success : yield* Effect.fail(missing(code))
  })

  const automate: Handler = Effect.gen(function*() {
    const account = yield* number
    const wanted = yield* read(Requests.Automation, yield* jsonBody)
    automations.set(account.id, { ...automations.get(account.id), ...wanted })
    return success
  })

  const readSettings: Handler = Effect.gen(function*() {
    const account = yield* number
    return HttpServerResponse.jsonUnsafe({
      calling: callingOf(account.id),
      storage_configuration: { status: "DEFAULT" }
    })
  })

  const changeSettings: Handler = Effect.gen(function*() {
    const account = yield* number
    const { calling } = yield* read(Requests.Settings, yield* jsonBody)
    if (calling === undefined) return success
    settings.set(account.id, { ...settings.get(account.id), ...calling })
    yield* core.emit(account.id, {
      field: "account_settings_update",
      key: undefined,
      element: {
        messaging_product: "whatsapp",
        type: "phone_number_settings",
        phone_number_settings: { phone_number_id: account.id, calling }
      }
    })
    return success
  })

  const beginUpload: Handler = Effect.gen(function*() {
    yield* path
    yield* authorized(core.accounts(), "whatsapp_business_management")
    const { file_length: length, file_type: type } = yield* HttpServerRequest.ParsedSearchParams
    if (!(Number(length) > 0) || type === undefined) {
      return yield* Effect.fail(Failure.make(100, "file_length and file_type are required"))
    }
    const id = `upload:${core.newId("upload")}`
    uploads.set(id, { length: Number(length), type: String(type), bytes: new Uint8Array() })
    return HttpServerResponse.jsonUnsafe({ id })
  })

  /** Goes on where it stopped; the last part is answered with the handle. */
  const continueUpload: Handler = Effect.gen(function*() {
    const id = yield* path
    yield* authorized(core.accounts(), "whatsapp_business_management")
    const request = yield* HttpServerRequest.HttpServerRequest
    const upload = uploads.get(id)
    if (upload === undefined) return yield* Effect.fail(missing(id))
    const part = new Uint8Array(
      yield* Effect.mapError(request.arrayBuffer, () => Failure.make(100, "The part broke off"))
    )
    const offset = Number(request.headers["file_offset"] ?? Number.NaN)
    if (offset !== upload.bytes.length || offset + part.length > upload.length) {
      return yield* Effect.fail(Failure.make(100, `file_offset is ${offset}, expected ${upload.bytes.length}`))
    }
    const bytes = new Uint8Array(upload.bytes.length + part.length)
    bytes.set(upload.bytes)
    bytes.set(part, upload.bytes.length)
    uploads.set(id, { ...upload, bytes })
    if (bytes.length < upload.length) return HttpServerResponse.jsonUnsafe({ id, file_offset: bytes.length })
    const handle = `4::${Buffer.from(upload.type).toString("base64")}:${core.newId("handle")}`
    handles.add(handle)
    return HttpServerResponse.jsonUnsafe({ h: handle })
  })

  const uploadState: Handler = Effect.gen(function*() {
    const id = yield* path
    yield* authorized(core.accounts(), "whatsapp_business_management")
    const upload = uploads.get(id)
    return upload === undefined
      ? yield* Effect.fail(missing(id))
      : HttpServerResponse.jsonUnsafe({ id, file_offset: upload.bytes.length })
  })

  const routes: ReadonlyArray<Route> = [
    ["GET", "/:version/:id/whatsapp_business_profile", readProfile],
    ["POST", "/:version/:id/whatsapp_business_profile", changeProfile],
    ["GET", "/:version/:id/block_users", listBlocks],
    ["POST", "/:version/:id/block_users", blocks("block")],
    ["DELETE", "/:version/:id/block_users", blocks("unblock")],
    ["GET", "/:version/:id/message_qrdls", listCodes],
    ["POST", "/:version/:id/message_qrdls", writeCode],
    ["GET", "/:version/:id/message_qrdls/:code", readCode],
    ["DELETE", "/:version/:id/message_qrdls/:code", removeCode],
    ["POST", "/:version/:id/conversational_automation", automate],
    ["GET", "/:version/:id/settings", readSettings],
    ["POST", "/:version/:id/settings", changeSettings],
    ["POST", "/:version/:id/uploads", beginUpload]
  ]

  return {
    routes,
    continueUpload,
    uploadState,
    isCalling: (id: string) => callingOf(id).status.toUpperCase() === "ENABLED",
    automation: (id: string) => automations.get(id)
  }
}
