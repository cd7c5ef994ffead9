/**
 * The whole HTTP API as one value: what the server serves, the client calls and `docs/openapi.json` describes.
 *
 * @since 0.1.0
 */
import { AiProvidersApi } from "@wicara/ai-providers/AiProviders/Api"
import { BotsApi } from "@wicara/bots/Bots/Api"
import { AccountGroupsApi } from "@wicara/channels/AccountGroups/Api"
import { ChannelAccountsApi } from "@wicara/channels/ChannelAccounts/Api"
import { WahaActivityApi } from "@wicara/channels-waha/WahaActivity/Api"
import { WahaDirectoryApi } from "@wicara/channels-waha/WahaDirectory/Api"
import { WahaGroupsApi } from "@wicara/channels-waha/WahaGroups/Api"
import { WahaManagementApi } from "@wicara/channels-waha/WahaManagement/Api"
import { WahaOperationsApi } from "@wicara/channels-waha/WahaOperations/Api"
import { WahaPacingApi } from "@wicara/channels-waha/WahaPacing/Api"
import { ChannelChecksApi } from "@wicara/channels/ChannelChecks/Api"
import { ChannelConnectionsApi } from "@wicara/channels/ChannelConnections/Api"
import { WhatsAppManagementApi } from "@wicara/channels-whatsapp-cloud/WhatsAppManagement/Api"
import { WidgetApi } from "@wicara/channels-widget/Widget/Api"
import { ContactsApi } from "@wicara/contacts/Contacts/Api"
import { MessageActionsApi } from "@wicara/conversations/MessageActions/Api"
import { AccountMovesApi } from "@wicara/conversations/AccountMoves/Api"
import { ConversationsApi } from "@wicara/conversations/Conversations/Api"
import { RealtimeApi } from "@wicara/conversations/Realtime/Api"
import * as ApiDescription from "@wicara/core/ApiDescription"
import { CoreApi } from "@wicara/core/Api"
import { RequestProblems } from "@wicara/core/RequestProblems"
import { FileLinksApi, FilesApi } from "@wicara/files/Files/Api"
import { KnowledgeApi } from "@wicara/knowledge/KnowledgeItems/Api"
import { MediaApi } from "@wicara/media/Media/Api"
import { MailApi } from "@wicara/notifications/Mail/Api"
import { NotificationsApi } from "@wicara/notifications/Notifications/Api"
import { TemplatesApi } from "@wicara/templates/Templates/Api"
import { WebhooksApi } from "@wicara/webhooks/Webhooks/Api"
import { HttpApi, OpenApi } from "effect/http-api"
import type { HttpApiGroup } from "effect/http-api"

const contract = HttpApi.make("wicara")
  .addHttpApi(CoreApi)
  .add(
    ChannelAccountsApi,
    WahaPacingApi,
    WahaActivityApi,
    WahaDirectoryApi,
    WahaManagementApi,
    WahaGroupsApi,
    WahaOperationsApi,
    WhatsAppManagementApi,
    ChannelConnectionsApi,
    ChannelChecksApi,
    AccountGroupsApi,
    ContactsApi,
    ConversationsApi,
    AccountMovesApi,
    MessageActionsApi,
    RealtimeApi,
    KnowledgeApi,
    BotsApi,
    AiProvidersApi,
    FilesApi,
    FileLinksApi,
    MediaApi,
    TemplatesApi,
    MailApi,
    NotificationsApi,
    WebhooksApi,
    WidgetApi
  )
  .middleware(RequestProblems)

/**
 * @category api
 * @since 0.1.0
 */
export class Api extends contract
  .annotate(OpenApi.Transform, ApiDescription.complete(contract))
  .annotateMerge(OpenApi.annotations({
    title: "Wicara",
    version: "0.1.0",
    description: "AI customer service on WhatsApp and the web, for many organizations at once.",
    license: { name: "MIT", identifier: "MIT" },
    servers: [{ url: "/", description: "The server that this description comes from." }]
  }))
{}

/**
 * The API with the groups of add-ons, as a server with them serves and describes it.
 *
 * @category api
 * @since 0.1.0
 */
export const extend = (groups: ReadonlyArray<HttpApiGroup.Constraint>) => {
  // What an add-on brings is known when the server starts, not when it is compiled: it has the type of some group.
  const added = HttpApi.make("wicara").add(...groups as readonly [typeof MailApi]).middleware(RequestProblems)
  const extended = Api.addHttpApi(added)
  return extended.annotate(OpenApi.Transform, ApiDescription.complete(extended))
}
