/**
 * The emulated management of numbers and business accounts: registration, two-step PIN, callback addresses, tokens.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 * @since 0.1.0
 */
import { Effect, Predicate, Schema } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CloudAccount } from "./CloudAccount.ts"
import * as Account from "./CloudAccount.ts"
import * as CloudAnalytics from "./CloudAnalytics.ts"
import * as CloudCalls from "./CloudCalls.ts"
import * as CloudCatalog from "./CloudCatalog.ts"
import * as CloudBusiness from "./CloudBusiness.ts"
import type { CloudCore } from "./CloudCore.ts"
import * as CloudGroups from "./CloudGroups.ts"
import { read, success } from "./CloudHttp.ts"
import type { CloudHttp, Handler, Route } from "./CloudHttp.ts"
import * as Requests from "./CloudRequests.ts"
import * as CloudVerification from "./CloudVerification.ts"
import * as Failure from "./GraphFailure.ts"

const management = "whatsapp_business_management"

const Url = Schema.String.check(Schema.isPattern(/^https?:\/\/\S+$/))

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (core: CloudCore, http: CloudHttp) => {
  const { accountWith, authorized, business, jsonBody, missing, path } = http
  const number = accountWith(management)
  const groups = CloudGroups.make(core, http)
  const seen = CloudBusiness.make(core, http)
  const calls = CloudCalls.make(core, http, seen.isCalling)

  /** The fields that were asked for, with the id. */
  const fielded = (id: string, all: Readonly<Record<string, unknown>>) =>
    Effect.map(HttpServerRequest.ParsedSearchParams, ({ fields }) => {
      const wanted = fields === undefined ? Object.keys(all).slice(0, 4) : String(fields).split(",")
      return HttpServerResponse.jsonUnsafe({
        id,
        ...Object.fromEntries(wanted.flatMap((name) => Object.hasOwn(all, name) ? [[name, all[name]]] : []))
      })
    })

  const describe = (account: CloudAccount) => ({
    display_phone_number: `+${account.displayPhoneNumber}`,
    verified_name: account.verifiedName,
    quality_rating: account.quality,
    code_verification_status: account.codeStatus,
    name_status: account.nameStatus,
    platform_type: "CLOUD_API",
    status: account.registered ? "CONNECTED" : "PENDING",
    throughput: { level: account.throughput !== null && account.throughput >= 1_000 ? "HIGH" : "STANDARD" },
    is_on_biz_app: account.throughput === 20,
    is_pin_enabled: account.pin !== null,
    whatsapp_business_manager_messaging_limit: Account.tierOf(account),
    webhook_configuration: {
      ...(account.callbacks.number === null ? undefined : { phone_number: account.callbacks.number.url }),
      ...(account.callbacks.business === null
        ? undefined
        : { whatsapp_business_account: account.callbacks.business.url }),
      ...(account.webhookUrl === null ? undefined : { application: account.webhookUrl })
    },
    health_status: {
      can_send_message: account.registered ? "AVAILABLE" : "BLOCKED",
      entities: [
        { entity_type: "PHONE_NUMBER", id: account.id, can_send_message: account.registered ? "AVAILABLE" : "BLOCKED" },
        { entity_type: "WABA", id: account.businessAccountId, can_send_message: "AVAILABLE" }
      ]
    }
  })

  const verified = Effect.fnUntraced(function*(override: typeof Requests.CallbackOverride.Type) {
    if (override.override_callback_uri === "") return null
    const url = yield* read(Url, override.override_callback_uri)
    const callback = { url, verifyToken: override.verify_token ?? "" }
    if (yield* core.verify(callback)) return callback
    return yield* Effect.fail(
      Failure.make(2200, "Callback verification failed: the URL could not be validated", { status: 400 })
    )
  })

  const readNode: Handler = Effect.gen(function*() {
    const id = yield* path
    if (core.accounts().some((one) => one.businessAccountId === id)) {
      const owner = yield* business
      const { fields } = yield* HttpServerRequest.ParsedSearchParams
      const analytics = CloudAnalytics.read(core, owner, String(fields ?? ""))
      if (analytics !== undefined) return HttpServerResponse.jsonUnsafe({ id, ...yield* Effect.fromResult(analytics) })
      return yield* fielded(id, {
        name: owner.verifiedName,
        currency: "USD",
        timezone_id: "1",
        owner_business_info: { id: Account.portfolioOf(owner), name: owner.verifiedName }
      })
    }
    if (groups.has(id)) return yield* groups.read
    if (id.startsWith("upload:")) return yield* seen.uploadState
    const account = yield* number
    const automation = seen.automation(id)
    return yield* fielded(id, {
      ...describe(account),
      ...(automation === undefined ? undefined : { conversational_automation: { id, ...automation } })
    })
  })

  const changeNode: Handler = Effect.gen(function*() {
    const id = yield* path
    if (groups.has(id)) return yield* groups.change
    if (id.startsWith("upload:")) return yield* seen.continueUpload
    if (core.account(id) === undefined) return yield* Effect.fail(missing(id))
    const account = yield* number
    const change = yield* read(Requests.NumberChange, yield* jsonBody)
    if (change.webhook_configuration !== undefined) {
      const callback = yield* verified(change.webhook_configuration)
      core.amend(account.id, { callbacks: { ...account.callbacks, number: callback } })
    }
    if (change.pin !== undefined) core.amend(account.id, { pin: change.pin })
    if (change.new_display_name !== undefined) {
      core.amend(account.id, { requestedName: change.new_display_name, nameStatus: "PENDING_REVIEW" })
    }
    return success
  })

  const removeNode: Handler = Effect.gen(function*() {
    const id = yield* path
    return groups.has(id) ? yield* groups.remove : yield* Effect.fail(missing(id))
  })

  const register: Handler = Effect.gen(function*() {
    const account = yield* number
    const { pin } = yield* read(Requests.Registration, yield* jsonBody)
    if (account.codeStatus !== "VERIFIED") {
      return yield* Effect.fail(Failure.make(133006, "The phone number has to be verified with a code first"))
    }
    if (account.pin !== null && account.pin !== pin) {
      return yield* Effect.fail(Failure.make(133005, "Two-step verification PIN mismatch"))
    }
    core.amend(account.id, { registered: true, pin })
    return success
  })

  const deregister: Handler = Effect.gen(function*() {
    const account = yield* number
    if (!account.registered) return yield* Effect.fail(Failure.make(133010, "Phone number not registered"))
    core.amend(account.id, { registered: false })
    return success
  })

  const numbers: Handler = Effect.gen(function*() {
    const owner = yield* business
    const { fields } = yield* HttpServerRequest.ParsedSearchParams
    const wanted = fields === undefined ? undefined : String(fields).split(",")
    const owned = core.accounts().filter((one) => one.businessAccountId === owner.businessAccountId)
    return HttpServerResponse.jsonUnsafe({
      data: owned.map((account) => ({
        id: account.id,
        ...Object.fromEntries(
          Object.entries(describe(account)).filter(([name]) => wanted === undefined || wanted.includes(name))
        )
      })),
      paging: { cursors: { before: "0", after: String(owned.length) } }
    })
  })

  /** All numbers of the business account have the same subscription. */
  const amendBusiness = (owner: CloudAccount, change: (account: CloudAccount) => Partial<CloudAccount>) => {
    for (const one of core.accounts()) {
      if (one.businessAccountId === owner.businessAccountId) core.amend(one.id, change(one))
    }
  }

  const subscribe: Handler = Effect.gen(function*() {
    const owner = yield* business
    const body = yield* jsonBody
    const override = Predicate.hasProperty(body, "override_callback_uri")
      ? yield* read(Requests.CallbackOverride, body)
      : undefined
    const callback = override === undefined ? undefined : yield* verified(override)
    amendBusiness(owner, ({ callbacks }) => ({
      subscribed: true,
      ...(callback === undefined ? undefined : { callbacks: { ...callbacks, business: callback } })
    }))
    return success
  })

  const unsubscribe: Handler = Effect.gen(function*() {
    const owner = yield* business
    amendBusiness(owner, ({ callbacks }) => ({ subscribed: false, callbacks: { ...callbacks, business: null } }))
    return success
  })

  const subscriptions: Handler = Effect.gen(function*() {
    const owner = yield* business
    return HttpServerResponse.jsonUnsafe({
      data: owner.subscribed
        ? [{
          whatsapp_business_api_data: {
            id: owner.appId,
            name: "Wicara",
            link: `https://www.facebook.com/?app_id=${owner.appId}`
          },
          ...(owner.callbacks.business === null ? undefined : { override_callback_uri: owner.callbacks.business.url })
        }]
        : []
    })
  })

  const debugToken: Handler = Effect.gen(function*() {
    yield* authorized(core.accounts())
    const { input_token: token } = yield* HttpServerRequest.ParsedSearchParams
    const account = core.accounts().find(({ accessToken }) => accessToken === token)
    return HttpServerResponse.jsonUnsafe({
      data: account === undefined
        ? { is_valid: false, scopes: [], error: { code: 190, message: "Invalid OAuth access token." } }
        : {
          app_id: account.appId,
          type: "SYSTEM_USER",
          application: "Wicara",
          expires_at: account.tokenExpiresAt === null ? 0 : Math.floor(account.tokenExpiresAt / 1000),
          is_valid: true,
          scopes: account.permissions,
          granular_scopes: account.permissions.map((scope) => ({ scope, target_ids: [account.businessAccountId] }))
        }
    })
  })

  const routes: ReadonlyArray<Route> = [
    ["GET", "/:version/debug_token", debugToken],
    ["POST", "/:version/:id/register", register],
    ["POST", "/:version/:id/deregister", deregister],
    ["GET", "/:version/:id/phone_numbers", numbers],
    ["GET", "/:version/:id/subscribed_apps", subscriptions],
    ["POST", "/:version/:id/subscribed_apps", subscribe],
    ["DELETE", "/:version/:id/subscribed_apps", unsubscribe],
    ["GET", "/:version/:id/template_analytics", CloudAnalytics.templates(core, http)],
    ...seen.routes,
    ...CloudVerification.make(core, http),
    ...CloudCatalog.make(core, http).routes,
    ...calls.routes,
    ...groups.routes
  ]

  return { read: readNode, change: changeNode, remove: removeNode, follow: groups.follow, calls, routes }
}
