/** Our own schemas of requests, held against a vendor's description of its API. */
import { Predicate, Schema } from "effect"

type Shape = Readonly<Record<string, unknown>>

const at = (value: unknown, path: string): unknown =>
  path.split("/").slice(1).reduce<unknown>(
    (one, key) =>
      Predicate.isObject(one) ? Reflect.get(one, key.replaceAll("~1", "/").replaceAll("~0", "~")) : undefined,
    value
  )

const shapes = (value: unknown): ReadonlyArray<Shape> =>
  Array.isArray(value) ? value.filter((one): one is Shape => Predicate.isObject(one)) : []

interface Fields {
  readonly all: ReadonlyMap<string, ReadonlyArray<unknown>>
  readonly required: ReadonlySet<string>
  readonly items: ReadonlyArray<unknown>
  /** Whatever its fields are called. */
  readonly open: boolean
}

/** The fields of every form that a schema allows, and those that each of them wants. */
const fieldsOf = (document: unknown, schema: unknown): Fields => {
  const all = new Map<string, Array<unknown>>()
  const items: Array<unknown> = []
  let required: ReadonlySet<string> | undefined
  let open = false
  const forms = (one: unknown): ReadonlyArray<{ readonly fields: Shape; readonly required: ReadonlySet<string> }> => {
    if (!Predicate.isObject(one)) return []
    const shape = one as Shape
    if (typeof shape["$ref"] === "string") return forms(at(document, shape["$ref"]))
    if (shape["type"] === "null") return []
    if (Object.keys(shape).length === 0) open = true
    const choices = [...shapes(shape["oneOf"]), ...shapes(shape["anyOf"])]
    const parts = shapes(shape["allOf"]).flatMap(forms)
    if (shape["items"] !== undefined) items.push(shape["items"])
    if (Predicate.isObject(shape["additionalProperties"])) open = true
    const own = {
      fields: Predicate.isObject(shape["properties"]) ? shape["properties"] as Shape : {},
      required: new Set(Array.isArray(shape["required"]) ? shape["required"].map(String) : [])
    }
    if (shape["type"] === "object" && shape["properties"] === undefined && parts.length === 0) {
      open ||= choices.length === 0
    }
    const whole = [own, ...parts].reduce((sum, part) => ({
      fields: { ...sum.fields, ...part.fields },
      required: new Set([...sum.required, ...part.required])
    }))
    return choices.length === 0 ? [whole] : choices.flatMap(forms).map((choice) => ({
      fields: { ...whole.fields, ...choice.fields },
      required: new Set([...whole.required, ...choice.required])
    }))
  }
  for (const form of forms(schema)) {
    for (const [name, field] of Object.entries(form.fields)) all.set(name, [...all.get(name) ?? [], field])
    required = required === undefined
      ? form.required
      : new Set(Array.from(required).filter((name) => form.required.has(name)))
  }
  return { all, required: required ?? new Set(), items, open }
}

/**
 * Where the two say something else: a field that the other does not know, or that only one of them wants.
 */
const compared = (
  ours: { readonly document: unknown; readonly schema: unknown },
  theirs: { readonly document: unknown; readonly schema: unknown },
  where: string
): ReadonlyArray<string> => {
  const own = fieldsOf(ours.document, ours.schema)
  const their = fieldsOf(theirs.document, theirs.schema)
  const inside = (mine: ReadonlyArray<unknown>, vendors: ReadonlyArray<unknown>, path: string) =>
    mine.length === 0 || vendors.length === 0
      ? []
      : compared({ ...ours, schema: { oneOf: mine } }, { ...theirs, schema: { oneOf: vendors } }, path)
  const within = [
    ...inside(own.items, their.items, `${where}[]`),
    ...Array.from(own.all).flatMap(([name, fields]) => inside(fields, their.all.get(name) ?? [], `${where}.${name}`))
  ]
  // What one of them leaves open can't be held against the other.
  if (own.all.size === 0 && own.open || their.all.size === 0 && their.open) return within
  return [
    ...within,
    ...Array.from(own.all.keys()).filter((name) => !their.all.has(name)).map((name) => `${where}.${name} is ours only`),
    ...Array.from(their.all.keys()).filter((name) => !own.all.has(name)).map((name) =>
      `${where}.${name} is theirs only`
    ),
    ...Array.from(own.required).filter((name) => their.all.has(name) && !their.required.has(name))
      .map((name) => `${where}.${name} is wanted by us only`),
    ...Array.from(their.required).filter((name) => own.all.has(name) && !own.required.has(name))
      .map((name) => `${where}.${name} is wanted by them only`)
  ]
}

/** Where a schema of ours says something else than the vendor's description does at a pointer into it. */
export const differences = (
  ours: Schema.Constraint,
  description: unknown,
  schema: unknown,
  where: string
): ReadonlyArray<string> => {
  const document = Schema.toJsonSchemaDocument(ours)
  return compared(
    { document: { $defs: document.definitions }, schema: document.schema },
    { document: description, schema },
    where
  )
}
