/**
 * What happens to templates, for consumers of the event log. The aggregate of each is the template.
 *
 * @since 0.1.0
 */
import * as Events from "@wicara/core/Events"
import { Schema } from "effect"
import { TemplateId } from "./Template.ts"

const template = {
  templateId: TemplateId,
  channel: Schema.String,
  scope: Schema.String,
  name: Schema.String,
  language: Schema.String
}

/** It became usable or ceased to be, was rejected, deleted, …: `usable` says which. @category events @since 0.1.0 */
export const TemplateStatusChanged = Events.define(
  "template.status_changed",
  Schema.Struct({
    ...template,
    from: Schema.NullOr(Schema.String),
    to: Schema.String,
    usable: Schema.Boolean,
    reason: Schema.NullOr(Schema.String)
  })
)

/** What it costs and when it may be sent is another matter now. @category events @since 0.1.0 */
export const TemplateCategoryChanged = Events.define(
  "template.category_changed",
  Schema.Struct({ ...template, from: Schema.String, to: Schema.String })
)

/** The provider finds another category correct, and will put it there: `at`, epoch milliseconds. @category events @since 0.1.0 */
export const TemplateCategoryAnnounced = Events.define(
  "template.category_announced",
  Schema.Struct({ ...template, from: Schema.String, to: Schema.String, at: Schema.NullOr(Schema.Int) })
)

/** @category events @since 0.1.0 */
export const TemplateQualityChanged = Events.define(
  "template.quality_changed",
  Schema.Struct({ ...template, from: Schema.NullOr(Schema.String), to: Schema.String })
)

/** Its text or what it is filled with is another one now. @category events @since 0.1.0 */
export const TemplateDefinitionChanged = Events.define(
  "template.definition_changed",
  Schema.Struct({ ...template, revision: Schema.Int })
)
