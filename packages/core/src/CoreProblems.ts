/**
 * The types of problems that every server may answer with.
 *
 * @since 0.1.0
 */
import { define } from "./ProblemType.ts"
import { titles } from "./ProblemTexts.ts"

/**
 * @category registry
 * @since 0.1.0
 */
export const problems = [
  define({
    name: "not-found",
    status: 404,
    title: titles.messages["not-found"].en,
    meaning: "Something that the path or the body names does not exist in this organization, or is not yours to see.",
    remedy: "Check the id, and that the credential belongs to the organization that you mean.",
    members: { resource: "What kind of thing is missing.", id: "The id that was given." }
  }),
  define({
    name: "unauthorized",
    status: 401,
    title: titles.messages.unauthorized.en,
    meaning: "The request has no credential, or one that is unknown, has expired or was revoked.",
    remedy:
      "Send `Authorization: Bearer` with the token of a session or with an API key. Sign in again if it has ended."
  }),
  define({
    name: "forbidden",
    status: 403,
    title: titles.messages.forbidden.en,
    meaning: "You are known, and lack the permission that this endpoint asks for.",
    remedy:
      "Ask an administrator of the organization for a role with the permission, or use a key whose scopes have it.",
    members: { permission: "The permission that is missing." }
  }),
  define({
    name: "organization-inactive",
    status: 403,
    title: titles.messages["organization-inactive"].en,
    meaning: "The organization is suspended, archived or being deleted, and does not take part in this.",
    remedy: "Ask an owner of the organization, or whoever runs the server.",
    members: { organizationStatus: "The state that it is in." }
  }),
  define({
    name: "module-disabled",
    status: 403,
    title: titles.messages["module-disabled"].en,
    meaning: "The endpoint belongs to a part of the product that the organization has switched off.",
    remedy: "An administrator of the organization can switch the module on.",
    members: { module: "The module." }
  }),
  define({
    name: "not-in-plan",
    status: 403,
    title: titles.messages["not-in-plan"].en,
    meaning: "The organization's plan does not include the module that the endpoint belongs to.",
    remedy: "Change the plan, or do without the module.",
    members: { module: "The module." }
  }),
  define({
    name: "invalid-input",
    status: 422,
    title: titles.messages["invalid-input"].en,
    meaning: "The request has the documented shape, and one of its values can't be accepted.",
    remedy: "Correct the value that `field` points to; `detail` says what is expected there.",
    members: { field: "A JSON pointer into the body, or the name of a parameter." }
  }),
  define({
    name: "conflict",
    status: 409,
    title: titles.messages.conflict.en,
    meaning: "The request contradicts what is stored: a name is taken, or a state does not allow it.",
    remedy: "Read the present state and decide again; the same request will be refused again."
  }),
  define({
    name: "too-many-requests",
    status: 429,
    title: titles.messages["too-many-requests"].en,
    meaning: "More requests came than the address, the user, the key or the organization may send.",
    remedy: "Wait for as many seconds as `Retry-After` says, and slow down as `RateLimit` tells.",
    members: { retryAfterSeconds: "How long to wait." }
  }),
  define({
    name: "unavailable",
    status: 503,
    title: titles.messages.unavailable.en,
    meaning: "The server can't answer now: its database is away, or it has more to do than it can.",
    remedy: "Repeat the same request after `Retry-After`. Nothing of it was stored."
  }),
  define({
    name: "invalid-request",
    status: 400,
    title: titles.messages["invalid-request"].en,
    meaning: "The request does not have the documented shape: a field or parameter is missing or of the wrong type.",
    remedy: "Correct what `errors` lists.",
    members: { errors: "Up to 20 things that are wrong, each with `in`, `pointer` and `detail`." }
  }),
  define({
    name: "internal-error",
    status: 500,
    title: titles.messages["internal-error"].en,
    meaning: "Something is wrong with the server. It was written to its log.",
    remedy: "Tell whoever runs the server the `requestId`. A request with an `Idempotency-Key` may be repeated safely.",
    members: { requestId: "Finds the failure in the server's log." }
  }),
  define({
    name: "unreadable-body",
    status: 400,
    title: titles.messages["unreadable-body"].en,
    meaning: "The body was cut short, is not UTF-8, is not valid multipart, or is nested too deeply.",
    remedy: "Send the whole body, as UTF-8."
  }),
  define({
    name: "body-too-large",
    status: 413,
    title: titles.messages["body-too-large"].en,
    meaning: "The body is larger than this endpoint accepts.",
    remedy: "Send less at a time."
  }),
  define({
    name: "unsupported-media-type",
    status: 415,
    title: titles.messages["unsupported-media-type"].en,
    meaning: "This endpoint does not take a body of that content type.",
    remedy: "Send the content type that the API's description names, mostly `application/json`."
  }),
  define({
    name: "no-such-route",
    status: 404,
    title: titles.messages["no-such-route"].en,
    meaning: "There is nothing at this path.",
    remedy: "Compare the path with the API's description at `/docs`. Paths are case-sensitive."
  }),
  define({
    name: "method-not-allowed",
    status: 405,
    title: titles.messages["method-not-allowed"].en,
    meaning: "The path exists, and does not answer this method.",
    remedy: "Use one of the methods that `Allow` names."
  }),
  define({
    name: "malformed-request",
    status: 400,
    title: titles.messages["malformed-request"].en,
    meaning: "What arrived is not a valid HTTP/1.1 request.",
    remedy: "Look at the client, or at a proxy between it and the server."
  }),
  define({
    name: "headers-too-large",
    status: 431,
    title: titles.messages["headers-too-large"].en,
    meaning: "The request's headers are larger than the server reads.",
    remedy: "Send fewer or shorter headers; cookies of other sites on the same domain count too."
  }),
  define({
    name: "request-timeout",
    status: 408,
    title: titles.messages["request-timeout"].en,
    meaning: "The request, or its body, did not arrive in time.",
    remedy: "Send it again over a better line."
  }),
  define({
    name: "idempotency-key-reused",
    status: 422,
    title: titles.messages["idempotency-key-reused"].en,
    meaning: "The `Idempotency-Key` was used before with another path or body.",
    remedy: "Use a new key for a new request, or repeat the first one unchanged.",
    members: { key: "The key." }
  }),
  define({
    name: "idempotency-key-in-flight",
    status: 409,
    title: titles.messages["idempotency-key-in-flight"].en,
    meaning: "The first request with this `Idempotency-Key` has not been answered yet.",
    remedy: "Repeat the request a little later; it gets the first one's answer.",
    members: { key: "The key." }
  }),
  define({
    name: "revision-mismatch",
    status: 412,
    title: titles.messages["revision-mismatch"].en,
    meaning: "`If-Match` names a revision that is not the present one.",
    remedy: "Read it again, put your change into what is there now, and send it with the new `ETag`.",
    members: { currentRevision: "The present revision." }
  }),
  define({
    name: "organization-required",
    status: 422,
    title: titles.messages["organization-required"].en,
    meaning: "You belong to several organizations, and the sign-in does not say which.",
    remedy: "Continue with the `challenge` at `POST /v1/sessions/continue`, or sign in again, and name one of them.",
    members: { challenge: "What to continue with, within ten minutes.", organizations: "The ones to choose from." }
  }),
  define({
    name: "second-factor-required",
    status: 422,
    title: titles.messages["second-factor-required"].en,
    meaning: "The password is right, and the account asks for a second factor.",
    remedy: "Continue with the `challenge` and one of the `factors` at `POST /v1/sessions/continue`.",
    members: { challenge: "What to continue with, within ten minutes.", factors: "The factors that the account has." }
  }),
  define({
    name: "provider-refused",
    status: 422,
    title: titles.messages["provider-refused"].en,
    meaning: "The provider refused, does not answer, or said something that does not hold.",
    remedy: "Begin again at `POST /v1/sign-in/providers/{provider}/start`, or sign in another way.",
    members: { provider: "The provider's id." }
  }),
  define({
    name: "link-confirmation-required",
    status: 422,
    title: titles.messages["link-confirmation-required"].en,
    meaning: "The account elsewhere has the proven address of one here, which it does not sign in to yet.",
    remedy: "Ask the person, and send the `challenge` to `POST /v1/sign-in/providers/link` if they agree.",
    members: {
      provider: "The provider's id.",
      email: "The address of the account here.",
      challenge: "What to confirm with, within ten minutes."
    }
  }),
  define({
    name: "reauthentication-required",
    status: 403,
    title: titles.messages["reauthentication-required"].en,
    meaning: "What was asked is sensitive, and the last proof of who you are is too old.",
    remedy: "Prove it at `POST /v1/sessions/current/reauthenticate`, and repeat the request."
  }),
  define({
    name: "two-factor-setup-required",
    status: 403,
    title: titles.messages["two-factor-setup-required"].en,
    meaning: "The organization asks all of its members for a second factor, and you have none.",
    remedy: "Set one up at `/v1/me/two-factor`, and sign in again."
  })
] as const
