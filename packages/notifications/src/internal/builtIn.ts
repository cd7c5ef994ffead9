import type { MailDefinition } from "@wicara/core/Mail"
import { Schema } from "effect"
import type { SchemaAST } from "effect"
import type { MailLocale, MailText } from "../MailTemplate.ts"
import { texts } from "../MailTexts.ts"
import { placeholdersOf } from "./render.ts"

const messageOf = ({ texts }: Pick<MailDefinition, "texts">, key: string, locale: MailLocale): string | undefined => {
  const text = texts.messages[key]?.[locale]
  return text === undefined || typeof text === "string" ? text : text.other
}

/** Places of catalogues have one brace, those of templates two. */
const toTemplate = (text: string): string => text.replaceAll(/\{([^{}]*)\}/g, "{{$1}}")

/** What comes with the server for a kind; of one that nobody knows (any more), that there is news. */
export const builtIn = (definition: MailDefinition | undefined, locale: MailLocale): MailText => {
  const { kind, texts: catalogue } = definition ?? { kind: "other", texts }
  return {
    subject: toTemplate(messageOf({ texts: catalogue }, `${kind}_subject`, locale) ?? kind),
    body: toTemplate(messageOf({ texts: catalogue }, `${kind}_body`, locale) ?? "")
  }
}

/** The words for a value that is one of a few. */
export const wordsFor = (
  definition: MailDefinition | undefined,
  field: string,
  value: string,
  locale: MailLocale
): string | undefined =>
  definition === undefined ? undefined : messageOf(definition, `${definition.kind}_${field}_${value}`, locale)

/** What is said of a fact that nobody knows. */
export const unknown = (locale: MailLocale): string => texts.messages.unknown[locale]

/** What every message's text may name: who it is for, on whose behalf, when it becomes worthless. */
export const commonPlaceholders = ["recipient", "organization", "expiresAt"] as const

export const fieldsOf = (definition: MailDefinition): ReadonlyArray<readonly [name: string, ast: SchemaAST.AST]> => {
  const { ast } = Schema.toType(definition.values)
  return ast._tag === "Objects" ? ast.propertySignatures.map(({ name, type }) => [String(name), type]) : []
}

export const placeholdersFor = (definition: MailDefinition): ReadonlyArray<string> => [
  ...new Set([...commonPlaceholders, ...fieldsOf(definition).map(([name]) => name), ...definition.secrets])
]

/** What a kind's own texts in a language miss, as sentences. */
export const mailProblems = (definition: MailDefinition, locale: MailLocale): ReadonlyArray<string> => {
  const { body, subject } = builtIn(definition, locale)
  const where = `${definition.kind} in ${locale}`
  const known = placeholdersFor(definition)
  const missing = (field: string, ast: SchemaAST.AST): ReadonlyArray<string> => {
    if (ast._tag === "Union") return ast.types.flatMap((one) => missing(field, one))
    if (ast._tag !== "Literal" || wordsFor(definition, field, String(ast.literal), locale) !== undefined) return []
    return [`${where} has no words for ${field} = ${String(ast.literal)}`]
  }
  return [
    ...(subject.trim() === "" || body.trim() === "" ? [`${where} says nothing`] : []),
    ...placeholdersOf(`${subject} ${body}`).filter((name) => !known.includes(name)).map((name) =>
      `${where} names {{${name}}}, which it does not have`
    ),
    ...definition.secrets.filter((name) =>
      placeholdersOf(subject).includes(name) || !placeholdersOf(body).includes(name)
    ).map((name) => `${where} has {{${name}}} in its subject, and not only in its body`),
    ...fieldsOf(definition).flatMap(([field, ast]) => missing(field, ast))
  ]
}
