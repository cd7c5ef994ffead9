import { english } from "../ProblemDetails.ts"
import type { ParameterProblem } from "../TemplateParameters.ts"

/** A problem in words. */
export const sayProblem = (problem: ParameterProblem): { readonly pointer: string; readonly detail: string } => {
  const { pointer } = problem
  switch (problem.problem) {
    case "count":
      return { pointer, detail: english("valuesWanted", { wanted: problem.wanted ?? 0, given: problem.given ?? 0 }) }
    case "missing":
      return { pointer, detail: english("valueMissing") }
    case "unexpected":
      return { pointer, detail: english("valueUnexpected") }
    case "invalid":
      return { pointer, detail: english("valueInvalid", { reason: problem.expected ?? "" }) }
  }
}
