import { english } from "../ProblemDetails.ts"
import type { Button, TemplateComponent } from "../TemplateDefinition.ts"
import type { DefinitionProblem } from "../TemplateRules.ts"

type Component<Type extends TemplateComponent["type"]> = Extract<TemplateComponent, { readonly type: Type }>

const isOf = <Type extends TemplateComponent["type"]>(type: Type) => (one: TemplateComponent): one is Component<Type> =>
  one.type === type

/** What only advertises. */
const marketingButtons: ReadonlySet<Button["type"]> = new Set(["CATALOG", "MPM", "SPM"])
const marketingParts: ReadonlySet<TemplateComponent["type"]> = new Set(["CAROUSEL", "LIMITED_TIME_OFFER"])
const codeParts: ReadonlySet<TemplateComponent["type"]> = new Set(["BODY", "FOOTER", "BUTTONS"])
const cardFormats: ReadonlySet<string> = new Set(["IMAGE", "VIDEO", "PRODUCT"])
const cardButtons: ReadonlySet<Button["type"]> = new Set(["QUICK_REPLY", "URL", "PHONE_NUMBER", "SPM"])
const offerFormats: ReadonlySet<string> = new Set(["IMAGE", "VIDEO"])

/** Characters of a body beside an offer. */
const offerBody = 600
const buttonsOfCard = 2

const ofCategory = (category: string, components: ReadonlyArray<TemplateComponent>): Array<DefinitionProblem> =>
  components.flatMap((component, index) => {
    const at = `/${index}`
    const { type } = component
    if (category === "AUTHENTICATION") {
      if (!codeParts.has(type)) return [{ pointer: at, detail: english("notInCategory", { type, category }) }]
      if (component.type !== "BUTTONS") return []
      const { buttons } = component
      return buttons.length === 1 && buttons[0]?.type === "OTP"
        ? []
        : [{ pointer: `${at}/buttons`, detail: english("oneCodeButton") }]
    }
    if (category !== "MARKETING" && marketingParts.has(type)) {
      return [{ pointer: at, detail: english("notInCategory", { type, category }) }]
    }
    if (component.type === "HEADER" && component.format === "GIF" && category !== "MARKETING") {
      return [{ pointer: `${at}/format`, detail: english("notInCategory", { type: "GIF", category }) }]
    }
    if (component.type !== "BUTTONS") return []
    return component.buttons.flatMap((button, place) =>
      button.type === "OTP" || category !== "MARKETING" && marketingButtons.has(button.type)
        ? [{
          pointer: `${at}/buttons/${place}/type`,
          detail: english("notInCategory", { type: button.type, category })
        }]
        : []
    )
  })

const ofOffer = (components: ReadonlyArray<TemplateComponent>): Array<DefinitionProblem> => {
  if (!components.some(isOf("LIMITED_TIME_OFFER"))) return []
  return components.flatMap((component, index) => {
    const at = `/${index}`
    switch (component.type) {
      case "HEADER":
        return offerFormats.has(component.format)
          ? []
          : [{ pointer: `${at}/format`, detail: english("formats", { formats: [...offerFormats].join(", ") }) }]
      case "FOOTER":
        return [{ pointer: at, detail: english("notBeside", { type: "FOOTER", other: "LIMITED_TIME_OFFER" }) }]
      case "BODY":
        return [...component.text ?? ""].length > offerBody
          ? [{ pointer: `${at}/text`, detail: english("tooLong", { max: offerBody }) }]
          : []
      case "BUTTONS":
        return component.buttons.findIndex(({ type }) => type === "COPY_CODE") > 0
          ? [{ pointer: `${at}/buttons`, detail: english("codeFirst") }]
          : []
      default:
        return []
    }
  })
}

const ofCard = (parts: Component<"CAROUSEL">["cards"][number]["components"], at: string): Array<DefinitionProblem> => {
  const header = parts.find(isOf("HEADER"))
  const found: Array<DefinitionProblem> = []
  if (header === undefined || !cardFormats.has(header.format)) {
    found.push({ pointer: at, detail: english("formats", { formats: [...cardFormats].join(", ") }) })
  }
  for (const [place, part] of parts.entries()) {
    if (part.type !== "BUTTONS") continue
    if (part.buttons.length > buttonsOfCard) {
      found.push({ pointer: `${at}/${place}/buttons`, detail: english("buttonCount", { max: buttonsOfCard }) })
    }
    for (const [index, { type }] of part.buttons.entries()) {
      if (!cardButtons.has(type)) {
        found.push({
          pointer: `${at}/${place}/buttons/${index}/type`,
          detail: english("notBeside", { type, other: "CAROUSEL" })
        })
      }
    }
  }
  return found
}

const ofCarousel = (components: ReadonlyArray<TemplateComponent>): Array<DefinitionProblem> =>
  components.some(isOf("CAROUSEL"))
    ? components.flatMap((component, index) =>
      component.type === "CAROUSEL"
        ? component.cards.flatMap(({ components: parts }, card) => ofCard(parts, `/${index}/cards/${card}/components`))
        : component.type === "BODY"
        ? []
        : [{ pointer: `/${index}`, detail: english("notBeside", { type: component.type, other: "CAROUSEL" }) }]
    )
    : []

/** A product's button belongs to the product that the header shows. */
const ofProduct = (components: ReadonlyArray<TemplateComponent>): Array<DefinitionProblem> => {
  const isShown = components.find(isOf("HEADER"))?.format === "PRODUCT"
  return components.flatMap((component, index) =>
    component.type !== "BUTTONS" || isShown ? [] : component.buttons.flatMap(({ type }, place) =>
      type === "SPM"
        ? [{ pointer: `/${index}/buttons/${place}/type`, detail: english("productHeader") }]
        : []
    )
  )
}

/** What can't stand beside each other, or not in a template of the category. */
export const checkCombinations = (
  category: string,
  components: ReadonlyArray<TemplateComponent>
): ReadonlyArray<DefinitionProblem> => [
  ...ofCategory(category, components),
  ...ofOffer(components),
  ...ofCarousel(components),
  ...ofProduct(components)
]
