/**
 * The modules of the server's own packages.
 *
 * @since 0.1.0
 */
import { module as aiProvidersModule } from "@wicara/ai-providers/module"
import { module as botsModule } from "@wicara/bots/module"
import { module as channelsModule } from "@wicara/channels/module"
import { module as contactsModule } from "@wicara/contacts/module"
import { module as conversationsModule } from "@wicara/conversations/module"
import { module as coreModule } from "@wicara/core/CoreModule"
import { module as filesModule } from "@wicara/files/module"
import { module as knowledgeModule } from "@wicara/knowledge/module"
import { module as mediaModule } from "@wicara/media/module"
import { module as notificationsModule } from "@wicara/notifications/module"
import { module as templatesModule } from "@wicara/templates/module"
import { module as wahaModule } from "@wicara/channels-waha/module"
import { module as whatsAppCloudModule } from "@wicara/channels-whatsapp-cloud/module"
import { module as widgetModule } from "@wicara/channels-widget/module"
import { module as webhooksModule } from "@wicara/webhooks/module"
import type { Module } from "@wicara/core/Module"

/**
 * What the server is made of, each package after those that it needs: their tables, permissions, events, jobs, settings
 * and routes, and what becomes of an organization's data.
 *
 * @category modules
 * @since 0.1.0
 */
export const builtIn: ReadonlyArray<Module> = [
  coreModule,
  channelsModule,
  filesModule,
  wahaModule,
  whatsAppCloudModule,
  widgetModule,
  contactsModule,
  conversationsModule,
  knowledgeModule,
  aiProvidersModule,
  botsModule,
  mediaModule,
  templatesModule,
  notificationsModule,
  webhooksModule
]
