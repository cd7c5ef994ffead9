/**
 * The types of problems that the widget brings.
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
    name: "origin-not-allowed",
    status: 403,
    title: titles.messages["origin-not-allowed"].en,
    meaning: "The page that asks is not on one of the sites that the widget's account allows.",
    remedy: "Add the site to the account's allowed origins.",
    members: { origin: "The site that asked." }
  })
] as const
