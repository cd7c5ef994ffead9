/**
 * The sample page of the widget's settings: another account of the demo's organization, and what a page does with the
 * widget by its methods and events.
 */
import type { WicaraWidget, WidgetEvents } from "../WicaraWidget.tsx"

const events = ["ready", "open", "close", "message", "unread", "identity", "greeting"] as const satisfies ReadonlyArray<
  keyof WidgetEvents
>

const log = document.querySelector(".events")
const tell = (text: string) => {
  const item = document.createElement("p")
  item.textContent = text
  log?.append(item)
}
const missing = () => document.querySelector(".missing")?.removeAttribute("hidden")

const begin = (account: string) => {
  for (const name of events) {
    document.addEventListener(`wicara-${name}`, (event) => {
      if (event instanceof CustomEvent) tell(`${name} ${JSON.stringify(event.detail)}`)
    })
  }
  const script = document.createElement("script")
  script.src = "/widget.js"
  script.dataset["account"] = account
  document.head.append(script)
  const widget = () => document.querySelector<WicaraWidget>("wicara-widget")
  const actions: Readonly<Record<string, () => Promise<void> | void>> = {
    open: () => widget()?.open("I have a question about my bill"),
    attributes: async () => {
      await widget()?.setAttributes({ plan: "Lintas 100", cart: 2 })
      tell("attributes are kept")
    },
    signOut: () => widget()?.signOut()
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-do]")) {
    button.addEventListener("click", () => void actions[button.dataset["do"] ?? ""]?.())
  }
}

fetch("/demo/config.json").then(async (response) => {
  const config: unknown = response.ok ? await response.json() : undefined
  const isKnown = typeof config === "object" && config !== null && "sampleAccount" in config
  if (isKnown && typeof config.sampleAccount === "string") begin(config.sampleAccount)
  else missing()
}).catch(missing)
