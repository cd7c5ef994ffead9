import type { LibraryTemplate } from "@wicara/channels/ChannelTemplates"
import { InvalidInput } from "@wicara/core/Problem"
import { Effect } from "effect"
import type { Schema } from "effect"
import { english } from "../ProblemDetails.ts"
import type { CreateFromLibrary, LibraryButton } from "../Template.ts"
import { optional } from "./optional.ts"

const typeOf = (button: Schema.JsonObject) => String(button["type"]).toUpperCase()

/** What the provider asks for before it makes the template. */
const filledIn: ReadonlySet<string> = new Set(["URL", "PHONE_NUMBER", "OTP"])

/** Each button that wants something has it, at its place. */
export const checkButtons = (
  { buttons }: LibraryTemplate,
  given: ReadonlyArray<LibraryButton> | undefined
): Effect.Effect<void, InvalidInput> => {
  const types = buttons.map(typeOf)
  const fits = given === undefined
    ? !types.some((type) => filledIn.has(type))
    : given.length === types.length && given.every(({ type }, index) => type === types[index])
  return fits
    ? Effect.void
    : Effect.fail(InvalidInput.of("/buttons", english("libraryButtons", { types: types.join(", ") })))
}

const buttonOf = (button: Schema.JsonObject, given: LibraryButton | undefined): Schema.JsonObject => {
  switch (given?.type) {
    case "URL": {
      const { base_url: url, url_suffix_example: example } = given.url
      return { ...button, url, ...(example === undefined ? undefined : { example: [example] }) }
    }
    case "PHONE_NUMBER":
      return { ...button, phone_number: given.phone_number }
    case "OTP":
      return { ...button, otp_type: given.otp_type, ...optional("supported_apps", given.supported_apps) }
    default:
      return button
  }
}

/** What the template says, until the provider lists it. */
export const componentsOf = (
  library: LibraryTemplate,
  { buttons }: Pick<CreateFromLibrary, "buttons">
): ReadonlyArray<Schema.JsonObject> => [
  ...(library.header === null ? [] : [{ type: "HEADER", format: "TEXT", text: library.header }]),
  {
    type: "BODY",
    text: library.body,
    ...(library.examples.length === 0
      ? undefined
      : { example: { body_text: [library.examples.map(({ example }) => example)] } })
  },
  ...(library.footer === null ? [] : [{ type: "FOOTER", text: library.footer }]),
  ...(library.buttons.length === 0
    ? []
    : [{ type: "BUTTONS", buttons: library.buttons.map((button, index) => buttonOf(button, buttons?.[index])) }])
]
