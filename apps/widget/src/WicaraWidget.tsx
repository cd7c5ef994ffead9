/**
 * The custom element `<wicara-widget account="…" server="…">`.
 */
import { render } from "preact"
import type { Chat, ChatState } from "./Chat.ts"
import { makeChat, unread } from "./Chat.ts"
import { ground, readableOn, textOn } from "@wicara/channels-widget/WidgetColor"
import type { NewMessage } from "./Contract.ts"
import { makeRequests } from "./Requests.ts"
import { makeStorage } from "./Storage.ts"
import type { WidgetStorage } from "./Storage.ts"
import { styles } from "./Styles.ts"
import { textsFor } from "./Texts.ts"
import { Widget } from "./view/Widget.tsx"

const page = (): NewMessage["page"] => {
  const { href } = location
  if (!/^https?:/.test(href)) return undefined
  return {
    // What follows # may be anything, a credential included.
    url: href.split("#")[0]?.slice(0, 2048) ?? "",
    ...(document.title === "" ? {} : { title: document.title.slice(0, 300) })
  }
}

/** What the server takes for a language. */
const isTag = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/

let sheet: CSSStyleSheet | undefined

/** One sheet for every widget of the page; a constructed one needs no exception in a site's content security policy. */
const styleSheet = (): CSSStyleSheet => {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
  }
  return sheet
}

/**
 * Attributes: `account` (the widget's id), `server` (its address), and where they should not follow the page and the
 * settings, `locale`, `theme` (`light`, `dark`, `auto`) and `color`.
 *
 * Methods: `open(draft?)`, `close()`, `toggle()`. Events, none of which carries what is said: `wicara-open`, `wicara-close`,
 * `wicara-message` (`detail.from`), `wicara-unread` (`detail.count`).
 */
export class WicaraWidget extends HTMLElement {
  static readonly observedAttributes = ["account", "server", "locale", "theme", "color"]

  #chat: Chat | undefined
  #storage: WidgetStorage | undefined
  #unsubscribe: (() => void) | undefined
  #open = false
  #byVisitor = false
  #unread = 0
  #seenEntries = 0
  #drafts = 0
  readonly #dark = matchMedia("(prefers-color-scheme: dark)")
  readonly #draw = () => this.#render()

  get isOpen(): boolean {
    return this.#open
  }

  /** Opens the panel; with a text, it stands ready to be sent. */
  open(draft?: string): void {
    if (draft !== undefined) {
      this.#storage?.setDraft(draft)
      this.#drafts += 1
    }
    if (this.#open && draft !== undefined) this.#render()
    else this.#toggle(true)
  }

  close(): void {
    this.#toggle(false)
  }

  toggle(): void {
    this.#toggle(!this.#open)
  }

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" })
    root.adoptedStyleSheets = [styleSheet()]
    this.#dark.addEventListener("change", this.#draw)
    this.#begin()
  }

  disconnectedCallback(): void {
    this.#dark.removeEventListener("change", this.#draw)
    this.#end()
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || this.shadowRoot === null || !this.isConnected) return
    if (name === "theme" || name === "color") {
      this.#render()
      return
    }
    this.#end()
    this.#begin()
  }

  #locale() {
    const settings = this.#chat?.state().settings
    return textsFor([...this.#wanted(), settings?.locale], settings)
  }

  #wanted() {
    return [this.getAttribute("locale"), document.documentElement.lang, ...navigator.languages]
      .flatMap((tag) => tag === null || !isTag.test(tag) ? [] : [tag]).slice(0, 20)
  }

  #begin(): void {
    const account = this.getAttribute("account")
    const server = (this.getAttribute("server") ?? location.origin).replace(/\/+$/, "")
    if (account === null || account === "") return
    const storage = makeStorage(server, account)
    const chat = makeChat({
      requests: makeRequests(server, account),
      storage,
      locale: this.#locale().tag,
      languages: this.#wanted(),
      page
    })
    this.#chat = chat
    this.#storage = storage
    this.#open = storage.wasOpen()
    this.#byVisitor = false
    this.#seenEntries = 0
    this.#unsubscribe = chat.subscribe(() => this.#tell(chat.state()))
    if (this.#open) chat.listen()
    chat.start()
    this.#render()
  }

  #end(): void {
    this.#unsubscribe?.()
    this.#chat?.stop()
    this.#chat = undefined
    if (this.shadowRoot !== null) render(null, this.shadowRoot)
  }

  #toggle(open: boolean): void {
    if (this.#open === open || this.#chat === undefined) return
    this.#open = open
    this.#byVisitor = true
    this.#storage?.setOpen(open)
    if (open) this.#chat.listen()
    this.#render()
    this.#dispatch(open ? "wicara-open" : "wicara-close", {})
  }

  #tell(state: ChatState): void {
    const count = unread(state)
    if (count !== this.#unread) {
      this.#unread = count
      this.#dispatch("wicara-unread", { count })
    }
    const newest = state.entries.reduce((last, entry) => Math.max(last, entry.position ?? 0), 0)
    if (state.phase === "ready" && newest > this.#seenEntries) {
      const from = state.entries.findLast((entry) => entry.position === newest)?.from
      // What a session begins with is not news.
      if (this.#seenEntries > 0 || state.connection === "live") this.#dispatch("wicara-message", { from })
      this.#seenEntries = newest
    }
  }

  #dispatch(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }

  #mode(): "light" | "dark" {
    const wanted = this.getAttribute("theme") ?? this.#chat?.state().settings?.mode ?? "auto"
    return wanted === "dark" || wanted === "light" ? wanted : this.#dark.matches ? "dark" : "light"
  }

  #render(): void {
    const chat = this.#chat
    const storage = this.#storage
    if (chat === undefined || storage === undefined || this.shadowRoot === null) return
    const { direction, tag, texts } = this.#locale()
    render(
      <Widget
        chat={chat}
        texts={texts}
        locale={tag}
        direction={direction}
        open={this.#open}
        byVisitor={this.#byVisitor}
        mode={this.#mode()}
        draft={storage.draft}
        drafts={this.#drafts}
        onDraft={storage.setDraft}
        onToggle={(open) => this.#toggle(open)}
        colors={(root, state) => this.#color(root, state)}
      />,
      this.shadowRoot
    )
  }

  #color(root: HTMLElement, state: ChatState): void {
    const mode = this.#mode()
    if (root.dataset["mode"] !== mode) this.#render()
    const attribute = this.getAttribute("color")
    const color = attribute !== null && /^#[0-9a-f]{6}$/i.test(attribute)
      ? attribute
      : state.settings?.color ?? "#0f766e"
    const brand = ground(color)
    const ink = readableOn(color, mode === "dark" ? "#1d2838" : "#ffffff", 4.5)
    root.style.setProperty("--brand", brand)
    root.style.setProperty("--on-brand", textOn(brand))
    root.style.setProperty("--brand-ink", ink)
    root.style.setProperty("--focus", ink)
  }
}
