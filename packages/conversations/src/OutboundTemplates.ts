/**
 * What is known of the templates that messages are sent with: a port, which `@wicara/templates` fills. Without it a
 * template message goes to the provider as it is.
 *
 * @since 0.1.0
 */
import { Context, Effect } from "effect"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { TemplateContent } from "@wicara/channels/MessageContent"
import type { CurrentOrganization } from "@wicara/core/Tenancy"

/**
 * Whether a message fits its template:
 *
 * - `Fits`: as it is to be sent, with the provider's components, and the text that the customer reads where it is known
 * - `Unusable`: there is no such template, or its status does not allow it to be used
 * - `Misfit`: what it is filled with is not what the template wants; `field` is a JSON pointer into the request
 *
 * @category models
 * @since 0.1.0
 */
export type TemplateCheck =
  | { readonly _tag: "Fits"; readonly content: TemplateContent }
  | { readonly _tag: "Unusable"; readonly status: string; readonly reason: string | null }
  | { readonly _tag: "Misfit"; readonly field: string; readonly detail: string }

/**
 * @category services
 * @since 0.1.0
 */
export const OutboundTemplates = Context.Reference<{
  readonly check: (
    content: TemplateContent,
    account: ResolvedAccount
  ) => Effect.Effect<TemplateCheck, never, CurrentOrganization>
}>("@wicara/conversations/OutboundTemplates", {
  defaultValue: () => ({
    check: (content) =>
      Effect.succeed(
        content.parameters === undefined
          ? { _tag: "Fits", content }
          : { _tag: "Misfit", field: "/content/parameters", detail: noTemplates }
      )
  })
})

const noTemplates = "This server knows no templates: give the provider's components."
