/**
 * Everything that the server answers over HTTP.
 *
 * @since 0.1.0
 */
import { NodeHttpServer } from "@effect/platform-node"
import * as AiProvidersHttp from "@wicara/ai-providers/AiProviders/Http"
import * as BotsHttp from "@wicara/bots/Bots/Http"
import * as ChannelAccountsHttp from "@wicara/channels/ChannelAccounts/Http"
import * as ChannelChecksHttp from "@wicara/channels/ChannelChecks/Http"
import * as ChannelConnectionsHttp from "@wicara/channels/ChannelConnections/Http"
import * as InboundHttp from "@wicara/channels/InboundHttp"
import * as InboundNode from "@wicara/channels/InboundNode"
import * as AccountGroupsHttp from "@wicara/channels/AccountGroups/Http"
import * as WahaActivityHttp from "@wicara/channels-waha/WahaActivity/Http"
import * as WahaDirectoryHttp from "@wicara/channels-waha/WahaDirectory/Http"
import * as WahaGroupsHttp from "@wicara/channels-waha/WahaGroups/Http"
import * as WahaManagementHttp from "@wicara/channels-waha/WahaManagement/Http"
import * as WahaOperationsHttp from "@wicara/channels-waha/WahaOperations/Http"
import * as WahaPacingHttp from "@wicara/channels-waha/WahaPacing/Http"
import * as WhatsAppManagementHttp from "@wicara/channels-whatsapp-cloud/WhatsAppManagement/Http"
import * as WidgetHttp from "@wicara/channels-widget/Widget/Http"
import { WidgetFeed } from "@wicara/channels-widget/WidgetFeed"
import type { Api } from "@wicara/client/Api"
import * as ContactsHttp from "@wicara/contacts/Contacts/Http"
import * as AuthenticationHttp from "@wicara/core/Authentication/Http"
import * as MessageActionsHttp from "@wicara/conversations/MessageActions/Http"
import * as AccountMovesHttp from "@wicara/conversations/AccountMoves/Http"
import * as ConversationsHttp from "@wicara/conversations/Conversations/Http"
import * as RealtimeHttp from "@wicara/conversations/Realtime/Http"
import * as FilesHttp from "@wicara/files/Files/Http"
import * as KnowledgeHttp from "@wicara/knowledge/KnowledgeItems/Http"
import * as CoreHttp from "@wicara/core/Http"
import * as OrganizationHost from "@wicara/core/OrganizationHost"
import { PublicUrl } from "@wicara/core/PublicUrl"
import * as ProblemResponses from "@wicara/core/ProblemResponses"
import * as RateLimitsHttp from "@wicara/core/RateLimits/Http"
import * as RequestGuard from "@wicara/core/RequestGuard"
import { PermissionRegistry } from "@wicara/core/Roles"
import * as RequestLogHttp from "@wicara/core/RequestLog/Http"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import * as SecurityHeaders from "@wicara/core/SecurityHeaders"
import * as MediaHttp from "@wicara/media/Media/Http"
import * as MailHttp from "@wicara/notifications/Mail/Http"
import * as NotificationsHttp from "@wicara/notifications/Notifications/Http"
import * as TemplatesHttp from "@wicara/templates/Templates/Http"
import * as WebhooksHttp from "@wicara/webhooks/Webhooks/Http"
import { Context, Effect, Layer, Option } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { createServer } from "node:http"
import type { Server } from "node:http"
import { ServerConfig } from "../ServerConfig.ts"
import * as Addons from "../Addons.ts"
import * as Assets from "./Assets.ts"
import * as ProblemRoutes from "./ProblemRoutes.ts"
import * as ProtocolErrors from "./ProtocolErrors.ts"
import * as SystemRoutes from "./SystemRoutes.ts"

const layerHandlers = Layer.mergeAll(
  CoreHttp.layerHandlers,
  ChannelAccountsHttp.layer,
  WahaPacingHttp.layer,
  WahaActivityHttp.layer,
  WahaDirectoryHttp.layer,
  WahaManagementHttp.layer,
  WahaGroupsHttp.layer,
  WahaOperationsHttp.layer,
  WhatsAppManagementHttp.layer,
  ChannelChecksHttp.layer,
  ChannelConnectionsHttp.layer,
  AccountGroupsHttp.layer,
  ContactsHttp.layer,
  ConversationsHttp.layer,
  AccountMovesHttp.layer,
  MessageActionsHttp.layer,
  RealtimeHttp.layer,
  KnowledgeHttp.layer,
  BotsHttp.layer,
  AiProvidersHttp.layer,
  FilesHttp.layer,
  MediaHttp.layer,
  TemplatesHttp.layer,
  MailHttp.layer,
  NotificationsHttp.layer,
  WebhooksHttp.layer,
  WidgetHttp.layer,
  Addons.layerHandlers
)

const layerMiddleware = Layer.mergeAll(
  CoreHttp.layerMiddleware,
  WidgetHttp.layerVisitorAuthentication,
  WidgetHttp.layerBodyLimit
)

const layerOrigin = Layer.unwrap(
  Effect.map(ServerConfig, ({ trustedProxies }) => RequestOrigin.layer({ trustedProxies }))
)

/** What says of itself how it is, and the webhooks of providers, is the same at every address. */
const everywhere = ["/health/", "/metrics", "/v1/inbound/"] as const

const layerHosts = Layer.unwrap(
  Effect.map(ServerConfig, ({ organizationsDomain, trustedProxies }) =>
    Option.match(organizationsDomain, {
      onNone: () => Layer.empty,
      onSome: (domain) => OrganizationHost.layer({ domain, trustedProxies, except: everywhere })
    }))
)

/**
 * Every route of the server but the demo's.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRoutes = Layer.unwrap(Effect.map(Addons.Addons, ({ api }) => routesOf(api)))

const routesOf = (api: typeof Api) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(api).pipe(Layer.provide(layerHandlers), Layer.provide(layerMiddleware)),
    InboundHttp.layer,
    SystemRoutes.layer,
    ProblemRoutes.layer,
    Assets.layer,
    SecurityHeaders.layer,
    WidgetHttp.layerCors,
    layerOrigin,
    RequestLogHttp.layerRecorder({ prefix: "/v1/", except: ["/v1/inbound/"] }),
    ProblemResponses.layer(api),
    RateLimitsHttp.layerGuard(api, { prefix: "/v1/", except: ["/v1/inbound/"] }),
    layerHosts,
    RequestGuard.layer({ prefix: "/", except: ["/v1/inbound/"], maxBodySize: 8 * 1024 * 1024 })
  )

/** Node's server, and what acknowledges webhooks before any route is asked. */
class Front extends Context.Service<Front, {
  readonly server: Server
  readonly inbound: InboundNode.Handler
}>()("@wicara/server/http/Front") {}

const layerFront = Layer.effect(
  Front,
  Effect.gen(function*() {
    const { trustedProxies } = yield* ServerConfig
    const headers = SecurityHeaders.forUrl(yield* PublicUrl)
    return Front.of({
      server: ProtocolErrors.answer(createServer({
        keepAliveTimeout: 65_000,
        headersTimeout: 30_000,
        // A large file takes minutes on a slow line.
        requestTimeout: 900_000
      })),
      inbound: yield* InboundNode.makeBefore({ headers, trustedProxies })
    })
  })
)

const layerListening = Layer.unwrap(
  Effect.gen(function*() {
    const { host, port } = yield* ServerConfig
    const { server } = yield* Front
    return NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout: "3 seconds" })
  })
)

/** Ends before the server does: what comes while it stops is answered by the routes. */
const layerInbound = Layer.effectDiscard(
  Effect.flatMap(Front, ({ inbound, server }) => InboundNode.putBefore(server, inbound))
)

/**
 * Serves the routes at the configured address. The server does not start with an endpoint that declares no access.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(extra: Layer.Layer<never, E, R>) =>
  Layer.merge(WidgetFeed.layerDrain, layerInbound).pipe(
    Layer.provideMerge(
      HttpRouter.serve(
        Layer.merge(layerRoutes, extra),
        {
          disableListenLog: true,
          disableLogger: true,
          // A path has one spelling: what is decided by how it begins must hold for all that the router accepts.
          routerConfig: { caseSensitive: true, ignoreDuplicateSlashes: false }
        }
      ).pipe(
        Layer.provideMerge(layerListening)
      )
    ),
    Layer.provide(layerFront),
    Layer.provide(Layer.effectDiscard(
      Effect.gen(function*() {
        const { api } = yield* Addons.Addons
        yield* AuthenticationHttp.verifyAccess(api, yield* PermissionRegistry)
      })
    ))
  )
