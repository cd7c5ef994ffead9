/**
 * The HTTP contract of what only accounts of the WhatsApp Cloud API have.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Catalog, CatalogNumber, CatalogProduct, CommerceSettings } from "../Catalog.ts"
import {
  Analytics,
  AnalyticsKind,
  BlockedPerson,
  BlockInput,
  CallerNumber,
  CallId,
  Calling,
  CallPermission,
  CallRejectionInput,
  CodeInput,
  CodeRequestInput,
  ConversationStarters,
  DisplayNameInput,
  NumberState,
  PinInput,
  QrCode,
  QrCodeInput,
  QrCodeName,
  SubscribedApp
} from "../ManagedNumber.ts"
import { MessagingLimit } from "../MessagingLimit.ts"

const params = { id: ChannelAccountId }
const error = [NotFound, Conflict, InvalidInput, Unavailable] as const
const done = HttpApiSchema.NoContent
const List = <S extends Schema.Constraint>(item: S) => Schema.Struct({ data: Schema.Array(item) })
const seconds = Schema.FiniteFromString.check(Schema.isInt())

/**
 * @category api
 * @since 0.1.0
 */
export class WhatsAppManagementApi extends HttpApiGroup.make("whatsappManagement")
  .add(
    HttpApiEndpoint.get("number", "/number", { params, success: NumberState, error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The number as WhatsApp has it, and what it may send"),
    HttpApiEndpoint.get("numbers", "/numbers", {
      params,
      query: { cursor: Pagination.query.cursor },
      success: Pagination.Page(NumberState),
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The numbers of the business account"),
    HttpApiEndpoint.post("register", "/registration", { params, payload: PinInput, success: NumberState, error })
      .middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Register the number for the Cloud API with its two-step PIN"),
    HttpApiEndpoint.delete("deregister", "/registration", { params, success: done, error })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Take the number off the Cloud API: it neither sends nor receives any more"),
    HttpApiEndpoint.post("requestCode", "/verification-code", {
      params,
      payload: CodeRequestInput,
      success: done,
      error
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Send a code to the number, by text or by voice"),
    HttpApiEndpoint.post("verifyCode", "/verification", { params, payload: CodeInput, success: NumberState, error })
      .middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Prove with the code that the number is the business's"),
    HttpApiEndpoint.put("setDisplayName", "/display-name", {
      params,
      payload: DisplayNameInput,
      success: NumberState,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Ask for another display name, which WhatsApp reviews"),
    HttpApiEndpoint.put("setPin", "/pin", { params, payload: PinInput, success: done, error })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Set the number's two-step PIN"),
    HttpApiEndpoint.get("blocked", "/blocked", {
      params,
      query: { cursor: Pagination.query.cursor },
      success: Pagination.Page(BlockedPerson),
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Whom the number does not hear"),
    HttpApiEndpoint.post("block", "/blocked", { params, payload: BlockInput, success: done, error })
      .middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Block people who wrote in the last 24 hours"),
    HttpApiEndpoint.delete("unblock", "/blocked/:person", {
      params: { ...params, person: Schema.NonEmptyString },
      success: done,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Hear somebody again"),
    HttpApiEndpoint.get("qrCodes", "/qr-codes", { params, success: List(QrCode), error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The number's QR codes and short links"),
    HttpApiEndpoint.post("createQrCode", "/qr-codes", {
      params,
      payload: QrCodeInput,
      success: QrCode.pipe(HttpApiSchema.status(201)),
      error
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Make a QR code and short link"),
    HttpApiEndpoint.patch("updateQrCode", "/qr-codes/:code", {
      params: { ...params, code: QrCodeName },
      payload: QrCodeInput,
      success: QrCode,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change the message of a QR code"),
    HttpApiEndpoint.delete("deleteQrCode", "/qr-codes/:code", {
      params: { ...params, code: QrCodeName },
      success: done,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Delete a QR code: its link leads nowhere any more"),
    HttpApiEndpoint.get("starters", "/conversation-starters", { params, success: ConversationStarters, error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What a person finds in an empty chat"),
    HttpApiEndpoint.put("setStarters", "/conversation-starters", {
      params,
      payload: ConversationStarters,
      success: ConversationStarters,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Set what a person finds in an empty chat"),
    HttpApiEndpoint.get("analytics", "/analytics", {
      params,
      query: {
        kind: AnalyticsKind,
        /** Epoch seconds. */
        start: seconds,
        end: seconds,
        granularity: Schema.Literals(["HALF_HOUR", "DAILY", "MONTHLY"]).pipe(Schema.optionalKey),
        /** With commas between; at most ten, for `templates`. */
        templateIds: Schema.optionalKey(Schema.String)
      },
      success: Analytics,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Messages, conversations, prices or templates of the business account in figures"),
    HttpApiEndpoint.get("apps", "/apps", { params, success: List(SubscribedApp), error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The apps that get the business account's webhooks"),
    HttpApiEndpoint.get("calling", "/calling", { params, success: Calling, error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Whether people can call the number"),
    HttpApiEndpoint.put("setCalling", "/calling", { params, payload: Calling, success: Calling, error })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Let people call the number, or not"),
    HttpApiEndpoint.put("rejectCall", "/calls/:callId/rejection", {
      params: { ...params, callId: CallId },
      payload: CallRejectionInput,
      success: done,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Refuse a call that rings"),
    HttpApiEndpoint.delete("endCall", "/calls/:callId", {
      params: { ...params, callId: CallId },
      success: done,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "End a call"),
    HttpApiEndpoint.get("callPermission", "/call-permissions/:person", {
      params: { ...params, person: CallerNumber },
      success: CallPermission,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Whether the business may call somebody, or ask for it"),
    HttpApiEndpoint.delete("deleteMedia", "/media/:mediaId", {
      params: { ...params, mediaId: Schema.String.check(Schema.isPattern(/^[0-9]{1,32}$/)) },
      success: done,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Delete a file that WhatsApp keeps"),
    HttpApiEndpoint.get("messagingLimit", "/messaging-limit", {
      params,
      success: MessagingLimit,
      error: [NotFound, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How many people the business may still write to first"),
    HttpApiEndpoint.get("catalogs", "/catalogs", { params, success: List(Catalog), error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The catalogue that the business account is connected with"),
    HttpApiEndpoint.get("products", "/catalogs/:catalog/products", {
      params: { ...params, catalog: CatalogNumber },
      query: { cursor: Pagination.query.cursor },
      success: Pagination.Page(CatalogProduct),
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The products of a catalogue"),
    HttpApiEndpoint.get("commerce", "/commerce", { params, success: CommerceSettings, error })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Whether people see the catalogue and can fill a cart"),
    HttpApiEndpoint.put("setCommerce", "/commerce", {
      params,
      payload: CommerceSettings,
      success: CommerceSettings,
      error
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Show people the catalogue, or let them fill a cart, or not")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/whatsapp")
  .annotateMerge(OpenApi.annotations({
    title: "WhatsApp Cloud API accounts",
    description:
      "Registration, limits, blocked people, QR codes, the start of a chat, calls, the catalogue and figures of a WhatsApp " +
      "number."
  }))
{}
