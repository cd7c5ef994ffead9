/**
 * The whole HTTP API as one value: what the server serves, the client calls and `docs/openapi.json` describes.
 *
 * @since 0.1.0
 */
import { AiProvidersApi } from "@wicara/ai-providers/AiProviders/Api"
import { BotsApi } from "@wicara/bots/Bots/Api"
import { ChannelAccountsApi } from "@wicara/channels/ChannelAccounts/Api"
import { WidgetApi } from "@wicara/channels-widget/Widget/Api"
import { ContactsApi } from "@wicara/contacts/Contacts/Api"
import { ConversationsApi } from "@wicara/conversations/Conversations/Api"
import { RealtimeApi } from "@wicara/conversations/Realtime/Api"
import { CoreApi } from "@wicara/core/Api"
import { RequestProblems } from "@wicara/core/RequestProblems"
import { KnowledgeApi } from "@wicara/knowledge/KnowledgeItems/Api"
import { HttpApi, OpenApi } from "effect/http-api"

/**
 * @category api
 * @since 0.1.0
 */
export class Api extends HttpApi.make("wicara")
  .addHttpApi(CoreApi)
  .add(
    ChannelAccountsApi,
    ContactsApi,
    ConversationsApi,
    RealtimeApi,
    KnowledgeApi,
    BotsApi,
    AiProvidersApi,
    WidgetApi
  )
  .middleware(RequestProblems)
  .annotateMerge(OpenApi.annotations({
    title: "Wicara",
    version: "0.1.0",
    description: "AI customer service on WhatsApp and the web, for many organizations at once.",
    license: { name: "MIT", identifier: "MIT" },
    servers: [{ url: "/", description: "The server that this description comes from." }]
  }))
{}
