/**
 * Whether answers fit a form. Safe in a browser, and nothing else comes along with it.
 *
 * @since 0.1.0
 */
import type { Answer, Answers, FieldKind } from "./WidgetForm.ts"

/**
 * What is wrong with an answer.
 *
 * @category models
 * @since 0.1.0
 */
export type AnswerProblem = "missing" | "email" | "phone" | "choice" | "kind"

interface FieldLike {
  readonly key: string
  readonly kind: FieldKind
  readonly required: boolean
  readonly options?: ReadonlyArray<{ readonly value: string }>
}

const emailPattern = /^[^\s@]{1,64}@[^\s@]+\.[^\s@]{2,}$/
const phonePattern = /^\+?[\d\s().-]{5,25}$/

/**
 * Whether a text is written as an address is; whether that exists only a message shows.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isEmail = (text: string): boolean => text.length <= 190 && emailPattern.test(text)

const wrongWith = (field: FieldLike, answer: Answer | undefined): AnswerProblem | undefined => {
  if (field.kind === "checkbox") {
    if (answer !== undefined && typeof answer !== "boolean") return "kind"
    return field.required && answer !== true ? "missing" : undefined
  }
  if (typeof answer === "boolean") return "kind"
  const text = answer?.trim() ?? ""
  if (text === "") return field.required ? "missing" : undefined
  if (field.kind === "email") return isEmail(text) ? undefined : "email"
  if (field.kind === "phone") return phonePattern.test(text) ? undefined : "phone"
  if (field.kind === "choice") return field.options?.some(({ value }) => value === text) ? undefined : "choice"
  return undefined
}

/**
 * What is wrong with the answers, by their field's key. Asked in the browser before they are sent, and by the server.
 *
 * @category predicates
 * @since 0.1.0
 */
export const problemsOf = (
  fields: ReadonlyArray<FieldLike>,
  answers: Answers
): ReadonlyArray<{ readonly key: string; readonly problem: AnswerProblem }> =>
  fields.flatMap((field) => {
    const problem = wrongWith(field, answers[field.key])
    return problem === undefined ? [] : [{ key: field.key, problem }]
  })
