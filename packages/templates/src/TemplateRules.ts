/**
 * What a provider would refuse in a definition, said before it is asked: lengths, variables, examples, buttons.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 * @since 0.1.0
 */
import type { TemplateCategory } from "@wicara/channels/ChannelTemplates"
import { checkCombinations } from "./internal/combinations.ts"
import { english } from "./ProblemDetails.ts"
import type { Button, ParameterFormat, TemplateComponent } from "./TemplateDefinition.ts"
import { variablesOf } from "./TemplateDefinition.ts"

/** What is wrong, and where: a JSON pointer into the components. @category models @since 0.1.0 */
export interface DefinitionProblem {
  readonly pointer: string
  readonly detail: string
}

/**
 * The limits of the provider, characters.
 *
 * @category constants
 * @since 0.1.0
 */
export const limits = {
  header: 60,
  body: 1024,
  footer: 60,
  button: 25,
  url: 2000,
  phoneNumber: 20,
  couponCode: 20,
  offer: 16,
  cardBody: 160,
  buttons: 10,
  cards: 10
} as const

type Problems = Array<DefinitionProblem>
type Named = ReadonlyArray<{ readonly param_name: string; readonly example: string }> | undefined

const tooLong = (max: number) => english("tooLong", { max })

const checkLength = (problems: Problems, text: string | undefined, max: number, pointer: string) => {
  if (text === undefined || text.trim() === "") problems.push({ pointer, detail: english("missingText") })
  else if ([...text].length > max) problems.push({ pointer, detail: tooLong(max) })
}

const checkVariables = (
  problems: Problems,
  text: string,
  format: ParameterFormat,
  pointer: string,
  examples: { readonly positional: ReadonlyArray<string> | undefined; readonly named: Named; readonly at: string }
) => {
  const names = variablesOf(text)
  const braces = (text.match(/\{\{|\}\}/g) ?? []).length
  const whole = (text.match(/\{\{\s*[A-Za-z0-9_]+\s*\}\}/g) ?? []).length
  if (braces !== 2 * whole) return void problems.push({ pointer, detail: english("brokenVariable") })
  if (format === "POSITIONAL") {
    if (names.some((name, index) => name !== String(index + 1))) {
      return void problems.push({ pointer, detail: english("variableOrder") })
    }
    const given = examples.positional ?? []
    if (given.length !== names.length || given.some((one) => one.trim() === "")) {
      problems.push({ pointer: examples.at, detail: english("examplesMissing", { wanted: names.length }) })
    }
    return
  }
  if (names.some((name) => !/^[a-z_][a-z0-9_]*$/.test(name))) {
    return void problems.push({ pointer, detail: english("variableName") })
  }
  const given = new Set(
    (examples.named ?? []).filter(({ example }) => example.trim() !== "").map((one) => one.param_name)
  )
  if (given.size !== names.length || names.some((name) => !given.has(name))) {
    problems.push({ pointer: examples.at, detail: english("examplesMissing", { wanted: names.length }) })
  }
}

const checkBody = (
  problems: Problems,
  body: Extract<TemplateComponent, { readonly type: "BODY" }>,
  format: ParameterFormat,
  at: string,
  max: number
) => {
  const pointer = `${at}/text`
  checkLength(problems, body.text, max, pointer)
  const text = body.text ?? ""
  const names = variablesOf(text)
  if (/^\s*\{\{/.test(text) || /\}\}\s*$/.test(text)) problems.push({ pointer, detail: english("variableAtEdge") })
  if (/\n{3,}/.test(text)) problems.push({ pointer, detail: english("emptyLines") })
  const words = text.replace(/\{\{[^}]*\}\}/g, " ").split(/\s+/).filter((one) => one !== "").length
  if (names.length > 0 && words < 2 * names.length + 1) problems.push({ pointer, detail: english("tooManyVariables") })
  checkVariables(problems, text, format, pointer, {
    positional: body.example?.body_text?.[0],
    named: body.example?.body_text_named_params,
    at: `${at}/example`
  })
}

const checkHeader = (
  problems: Problems,
  header: Extract<TemplateComponent, { readonly type: "HEADER" }>,
  format: ParameterFormat,
  at: string
) => {
  if (header.format === "TEXT") {
    const pointer = `${at}/text`
    const text = header.text ?? ""
    checkLength(problems, header.text, limits.header, pointer)
    if (/\n/.test(text)) problems.push({ pointer, detail: english("oneLine") })
    if (variablesOf(text).length > 1) problems.push({ pointer, detail: english("headerVariables") })
    checkVariables(problems, text, format, pointer, {
      positional: header.example?.header_text,
      named: header.example?.header_text_named_params,
      at: `${at}/example`
    })
    return
  }
  if (header.format === "LOCATION" || header.format === "PRODUCT") return
  const { header_file, header_handle } = header.example ?? {}
  if (header_file === undefined && (header_handle ?? []).length === 0) {
    problems.push({ pointer: `${at}/example`, detail: english("sampleMissing") })
  }
}

const checkButton = (problems: Problems, button: Button, at: string) => {
  const isLabelled = button.type !== "COPY_CODE" && button.type !== "OTP" && button.type !== "REQUEST_CONTACT_INFO"
  if (isLabelled) checkLength(problems, button.text, limits.button, `${at}/text`)
  if (button.text !== undefined && /\{\{/.test(button.text)) {
    problems.push({ pointer: `${at}/text`, detail: english("noVariables") })
  }
  switch (button.type) {
    case "URL": {
      const pointer = `${at}/url`
      const url = button.url ?? ""
      if (!/^https?:\/\/\S+$/.test(url)) return void problems.push({ pointer, detail: english("link") })
      if (url.length > limits.url) problems.push({ pointer, detail: tooLong(limits.url) })
      const names = variablesOf(url)
      if (names.length === 0 && !url.includes("{{")) return
      if (names.length !== 1 || !url.endsWith("{{1}}")) problems.push({ pointer, detail: english("linkVariable") })
      if (button.example === undefined || button.example.length === 0) {
        problems.push({ pointer: `${at}/example`, detail: english("examplesMissing", { wanted: 1 }) })
      }
      return
    }
    case "PHONE_NUMBER":
      if (!/^\+?[0-9]{5,20}$/.test(button.phone_number ?? "")) {
        problems.push({ pointer: `${at}/phone_number`, detail: english("phoneNumber") })
      }
      return
    case "COPY_CODE": {
      const code = typeof button.example === "string" ? button.example : button.example?.[0]
      checkLength(problems, code, limits.couponCode, `${at}/example`)
      return
    }
    case "OTP":
      if (button.otp_type === undefined) problems.push({ pointer: `${at}/otp_type`, detail: english("otpType") })
      else if (button.otp_type !== "COPY_CODE" && (button.supported_apps ?? []).length === 0) {
        problems.push({ pointer: `${at}/supported_apps`, detail: english("otpApps") })
      }
      if (button.otp_type === "ZERO_TAP" && button.zero_tap_terms_accepted !== true) {
        problems.push({ pointer: `${at}/zero_tap_terms_accepted`, detail: english("otpTerms") })
      }
      return
    case "FLOW":
      if (button.flow_id === undefined && button.flow_name === undefined && button.flow_json === undefined) {
        problems.push({ pointer: at, detail: english("flow") })
      }
      return
    default:
      return
  }
}

/** How many of a kind there may be beside each other. */
const most: Readonly<Partial<Record<Button["type"], number>>> = {
  URL: 2,
  PHONE_NUMBER: 1,
  COPY_CODE: 1,
  OTP: 1,
  FLOW: 1,
  CATALOG: 1,
  MPM: 1,
  SPM: 1,
  ORDER_DETAILS: 1,
  VOICE_CALL: 1,
  REQUEST_CONTACT_INFO: 1
}

const checkButtons = (problems: Problems, buttons: ReadonlyArray<Button>, at: string) => {
  if (buttons.length === 0 || buttons.length > limits.buttons) {
    problems.push({ pointer: at, detail: english("buttonCount", { max: limits.buttons }) })
  }
  const counts = new Map<Button["type"], number>()
  for (const [index, button] of buttons.entries()) {
    const count = (counts.get(button.type) ?? 0) + 1
    counts.set(button.type, count)
    const max = most[button.type]
    if (max !== undefined && count > max) {
      problems.push({ pointer: `${at}/${index}`, detail: english("buttonKind", { type: button.type, max }) })
    }
    checkButton(problems, button, `${at}/${index}`)
  }
  // Quick replies stand together, first or last.
  const kinds = buttons.map(({ type }) => type === "QUICK_REPLY")
  if (kinds.filter((isReply, index) => index > 0 && isReply !== kinds[index - 1]).length > 1) {
    problems.push({ pointer: at, detail: english("buttonOrder") })
  }
}

const shape = (components: ReadonlyArray<TemplateComponent>): string =>
  components.map((one) =>
    one.type === "HEADER"
      ? `HEADER:${one.format}`
      : one.type === "BUTTONS"
      ? `BUTTONS:${one.buttons.map(({ type }) => type).join(",")}`
      : one.type
  ).join(" ")

/**
 * What is wrong with a definition, the first problem first; none: the provider may still refuse it for what it says.
 *
 * @category validation
 * @since 0.1.0
 */
export const check = (definition: {
  readonly category: string
  readonly parameterFormat: ParameterFormat
  readonly components: ReadonlyArray<TemplateComponent>
}): ReadonlyArray<DefinitionProblem> => {
  const problems: Problems = []
  const { components, parameterFormat } = definition
  const isAuthentication = definition.category === "AUTHENTICATION"
  const seen = new Set<string>()
  for (const [index, component] of components.entries()) {
    const at = `/${index}`
    if (seen.has(component.type)) problems.push({ pointer: at, detail: english("twice", { type: component.type }) })
    seen.add(component.type)
    switch (component.type) {
      case "HEADER":
        checkHeader(problems, component, parameterFormat, at)
        break
      case "BODY":
        if (isAuthentication) {
          if (component.text !== undefined) problems.push({ pointer: `${at}/text`, detail: english("codeBody") })
        } else checkBody(problems, component, parameterFormat, at, limits.body)
        break
      case "FOOTER":
        if (isAuthentication) {
          const minutes = component.code_expiration_minutes
          if (minutes === undefined || minutes < 1 || minutes > 90) {
            problems.push({ pointer: `${at}/code_expiration_minutes`, detail: english("minutes") })
          }
          break
        }
        checkLength(problems, component.text, limits.footer, `${at}/text`)
        if (component.text?.includes("{{") === true) {
          problems.push({ pointer: `${at}/text`, detail: english("noVariables") })
        }
        break
      case "BUTTONS":
        checkButtons(problems, component.buttons, `${at}/buttons`)
        break
      case "LIMITED_TIME_OFFER":
        checkLength(problems, component.limited_time_offer.text, limits.offer, `${at}/limited_time_offer/text`)
        break
      case "CAROUSEL": {
        const { cards } = component
        if (cards.length < 2 || cards.length > limits.cards) {
          problems.push({ pointer: `${at}/cards`, detail: english("cardCount", { max: limits.cards }) })
        }
        for (const [card, { components: parts }] of cards.entries()) {
          const inCard = `${at}/cards/${card}/components`
          if (shape(parts) !== shape(cards[0]?.components ?? [])) {
            problems.push({ pointer: inCard, detail: english("cardsAlike") })
          }
          for (const [place, part] of parts.entries()) {
            if (part.type === "HEADER") checkHeader(problems, part, parameterFormat, `${inCard}/${place}`)
            if (part.type === "BODY") checkBody(problems, part, parameterFormat, `${inCard}/${place}`, limits.cardBody)
            if (part.type === "BUTTONS") checkButtons(problems, part.buttons, `${inCard}/${place}/buttons`)
          }
        }
        break
      }
      case "CALL_PERMISSION_REQUEST":
        break
    }
  }
  problems.push(...checkCombinations(definition.category, components))
  if (!seen.has("BODY")) problems.push({ pointer: "", detail: english("noBody") })
  if (isAuthentication && !seen.has("BUTTONS")) problems.push({ pointer: "", detail: english("noCodeButton") })
  return problems
}

/**
 * How long the provider may try to deliver a message, in seconds: the least and the most by category.
 *
 * @category constants
 * @since 0.1.0
 */
export const ttl: Readonly<Record<TemplateCategory, { readonly min: number; readonly max: number }>> = {
  AUTHENTICATION: { min: 30, max: 900 },
  UTILITY: { min: 30, max: 43_200 },
  MARKETING: { min: 43_200, max: 2_592_000 }
}

/**
 * What is wrong with the time that a message may take; -1 is the longest that there is, 30 days.
 *
 * @category validation
 * @since 0.1.0
 */
export const checkTtl = (category: TemplateCategory, seconds: number): string | undefined => {
  const { max, min } = ttl[category]
  const isLongest = seconds === -1 && category !== "MARKETING"
  return isLongest || seconds >= min && seconds <= max ? undefined : english("ttl", { min, max })
}
