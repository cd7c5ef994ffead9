/**
 * The types of problems that conversations bring.
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
    name: "stale-epoch",
    status: 409,
    title: titles.messages["stale-epoch"].en,
    meaning: "Somebody else took the conversation over after what you decided on was read.",
    remedy: "Read the conversation again and decide anew.",
    members: { ownership: "Who owns the conversation now.", epoch: "The present epoch." }
  }),
  ProblemType.define({
    name: "conversation-closed",
    status: 409,
    title: titles.messages["conversation-closed"].en,
    meaning: "The conversation is closed for good.",
    remedy: "Start another conversation, or wait for the customer's next message, which opens one."
  }),
  ProblemType.define({
    name: "cannot-send",
    status: 422,
    title: titles.messages["cannot-send"].en,
    meaning:
      "The channel's rules do not allow the message now: its service window, consent, a template's state or a limit.",
    remedy: "`verdict` says why, and until when or what would be allowed instead.",
    members: { verdict: "The decision, with its reason." }
  })
] as const
