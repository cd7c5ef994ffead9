import type { Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import type { ParameterFormat } from "@wicara/templates/TemplateDefinition"

/** Beside a checkout that has the contracts; elsewhere the tests that need it say that they were skipped. */
const folder = new URL("../../../../shared/contracts/whatsapp-cloud/send-examples/", import.meta.url)

export const present = existsSync(folder)

if (!present) console.warn("The documented templates are not here: their tests are skipped.")

interface Created {
  readonly name: string
  readonly category: string
  readonly parameterFormat: ParameterFormat
  readonly components: ReadonlyArray<Schema.JsonObject>
}

const read = (name: string): Record<string, never> | undefined => {
  const text = readFileSync(new URL(name, folder), "utf8")
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The documentation creates a template and then sends it: those of which it shows both, by their names. */
export const pairs = () => {
  const created = new Map<string, Created>()
  const sent: Array<{ readonly name: string; readonly components: ReadonlyArray<Schema.JsonObject> }> = []
  for (const file of readdirSync(folder)) {
    const body = read(file)
    if (body === undefined) continue
    const { category, components, name, parameter_format, template } = body as {
      readonly category?: string
      readonly components?: ReadonlyArray<Schema.JsonObject>
      readonly name?: string
      readonly parameter_format?: string
      readonly template?: { readonly name: string; readonly components?: ReadonlyArray<Schema.JsonObject> }
    }
    if (template !== undefined) sent.push({ name: template.name, components: template.components ?? [] })
    else if (name !== undefined && category !== undefined && components !== undefined) {
      created.set(name, {
        name,
        category,
        parameterFormat: parameter_format?.toUpperCase() === "NAMED" ? "NAMED" : "POSITIONAL",
        components
      })
    }
  }
  return sent.flatMap(({ components, name }) => {
    const found = created.get(name)
    return found === undefined || name.startsWith("<") ? [] : [{ name, created: found, sent: components }]
  })
}
