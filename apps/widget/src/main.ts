/**
 * What `<script src="https://…/widget.js" data-account="…" async></script>` runs: it defines the element and adds one to
 * the page. The server is where the script came from, unless `data-server` names another; `data-locale`, `data-theme`
 * and `data-color` become the element's attributes. Without `data-account` it only defines the element.
 */
import { WicaraWidget } from "./WicaraWidget.tsx"

const tag = "wicara-widget"

const script = document.currentScript
if (customElements.get(tag) === undefined) customElements.define(tag, WicaraWidget)

if (script instanceof HTMLScriptElement) {
  const { account, color, locale, server, theme } = script.dataset
  if (account !== undefined && account !== "") {
    const element = document.createElement(tag)
    const attributes = {
      account,
      server: server ?? new URL(script.src, location.href).origin,
      color,
      locale,
      theme
    }
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) element.setAttribute(name, value)
    }
    const add = () => document.body.append(element)
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", add)
    else add()
  }
}
