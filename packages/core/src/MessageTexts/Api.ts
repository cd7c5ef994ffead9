/**
 * What the platform says to people, in which languages, and the organization's own words for it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { texts as permissions } from "../CorePermissions.ts"
import { LanguageTag, MessageText, SpokenLanguage, Text } from "../MessageText.ts"
import * as Permissions from "../Permissions.ts"
import { InvalidInput, NotFound } from "../Problem.ts"
import * as Revision from "../Revision.ts"

const params = {
  catalogue: Schema.String.check(Schema.isMaxLength(63)).annotate({ examples: ["bots"] }),
  key: Schema.String.check(Schema.isMaxLength(120)).annotate({ examples: ["greeting"] }),
  language: LanguageTag
}

/**
 * @category api
 * @since 0.1.0
 */
export class MessageTextsApi extends HttpApiGroup.make("texts")
  .add(
    HttpApiEndpoint.get("languages", "/languages", {
      headers: { "accept-language": Schema.optional(Schema.String) },
      success: Schema.Struct({
        language: Schema.String.annotate({ description: "The one in which this caller is spoken to." }),
        direction: Schema.Literals(["ltr", "rtl"]),
        data: Schema.Array(SpokenLanguage)
      })
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(OpenApi.Summary, "The languages of this server, and the one that fits the caller")
      .annotate(
        OpenApi.Description,
        "What the request accepts (`Accept-Language`), else what the member prefers, else the organization's language."
      ),
    HttpApiEndpoint.get("list", "/texts", {
      query: { language: LanguageTag, catalogue: Schema.optional(params.catalogue) },
      success: Schema.Struct({ data: Schema.Array(MessageText) }),
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "All messages in a language, as the organization has them"),
    HttpApiEndpoint.get("get", "/texts/:catalogue/:key/:language", {
      params,
      success: Revision.Revised(MessageText),
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "One message in one language"),
    HttpApiEndpoint.put("set", "/texts/:catalogue/:key/:language", {
      params,
      headers: Revision.headers,
      payload: Schema.Struct({ text: Text }),
      success: Revision.Revised(MessageText),
      error: [NotFound, InvalidInput, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Give the organization a text of its own")
      .annotate(
        OpenApi.Description,
        "It is said from its next use on. A text may name the message's places and no others."
      ),
    HttpApiEndpoint.delete("reset", "/texts/:catalogue/:key/:language", {
      params,
      headers: Revision.headers,
      success: Revision.Revised(MessageText),
      error: [NotFound, Revision.RevisionMismatch]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Take the organization's text back: the one that comes with the server is said again")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({ title: "Texts", description: "What the platform says, in which languages." }))
{}
