/**
 * The types of problems that webhooks bring.
 *
 * @since 0.1.0
 */
import * as ProblemType from "@wicara/core/ProblemType"
import { titles } from "./ProblemTitles.ts"

/**
 * @category registry
 * @since 0.1.0
 */
export const problems = [
  ProblemType.define({
    name: "invalid-signature",
    status: 401,
    title: titles.messages["invalid-signature"].en,
    meaning: "The signature of the webhook does not belong to its body and this channel account.",
    remedy: "Compare the secret of the account with the one at the provider."
  }),
  ProblemType.define({
    name: "malformed-webhook",
    status: 400,
    title: titles.messages["malformed-webhook"].en,
    meaning: "The body of the webhook can't be read.",
    remedy: "Deliver what the provider documents, whole."
  }),
  ProblemType.define({
    name: "payload-too-large",
    status: 413,
    title: titles.messages["payload-too-large"].en,
    meaning: "The webhook is larger than any that a provider sends.",
    remedy: "Deliver fewer events at a time."
  })
] as const
