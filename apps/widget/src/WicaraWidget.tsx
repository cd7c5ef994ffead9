/**
 * The custom element `<wicara-widget account="…" server="…">`.
 */
import { render } from "preact"
import type { Chat, ChatState } from "./Chat.ts"
import { makeChat, unread } from "./Chat.ts"
import { ground, readableOn, textOn } from "@wicara/channels-widget/WidgetColor"
import type { Attributes, Identity, NewMessage } from "./Contract.ts"
import { makeRequests } from "./Requests.ts"
import { makeStorage } from "./Storage.ts"
import type { WidgetStorage } from "./Storage.ts"
import { styles } from "./Styles.ts"
import { textsFor } from "./Texts.ts"
import type { Spoken } from "./Texts.ts"
import { makeTitleCount } from "./TitleCount.ts"
import { Widget } from "./view/Widget.tsx"

const page = (): NewMessage["page"] => {
  // What follows # may be anything, a credential included.
  const [url, referrer] = [location.href, document.referrer].map((address) =>
    /^https?:/.test(address) ? address.split("#")[0]?.slice(0, 2048) : undefined
  )
  return url === undefined ? undefined : {
    url,
    ...(document.title === "" ? {} : { title: document.title.slice(0, 300) }),
    ...(referrer === undefined ? {} : { referrer })
  }
}

/** The page on which the visit began: this one, unless another one was kept. */
const entryOf = (storage: WidgetStorage): NewMessage["page"] => {
  const here = page()
  if (here === undefined) return undefined
  try {
    const first = JSON.parse(storage.entry(JSON.stringify(here))) as NewMessage["page"]
    return typeof first?.url === "string" ? first : here
  } catch {
    return here
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

/** The events by their names for `on`; in the page they are called `wicara-open`, `wicara-message` and so on. */
export interface WidgetEvents {
  readonly ready: { readonly identity: "none" | "verified" | "refused" }
  readonly open: object
  readonly close: object
  readonly message: { readonly from: "visitor" | "business" | undefined }
  readonly unread: { readonly count: number }
  readonly identity: { readonly identity: "none" | "verified" | "refused" }
  readonly greeting: { readonly id: string }
}

/**
 * Attributes: `account` (the widget's id), `server` (its address), and where they should not follow the page and the
 * settings, `locale`, `theme` (`light`, `dark`, `auto`) and `color`. What it does by methods is said beside them; its
 * events are `WidgetEvents`, none of which carries what is said.
 */
export class WicaraWidget extends HTMLElement {
  static readonly observedAttributes = ["account", "server", "locale", "theme", "color"]

  #chat: Chat | undefined
  #storage: WidgetStorage | undefined
  #kept = ""
  #unsubscribe: (() => void) | undefined
  #open = false
  #byVisitor = false
  #unread = 0
  #seenEntries = 0
  #drafts = 0
  #identity: ChatState["identity"] | undefined
  #spoken: Spoken & { readonly key: string; readonly settings: ChatState["settings"] } | undefined
  readonly #title = makeTitleCount(document)
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

  get unreadCount(): number {
    return this.#unread
  }

  /** Writes for the visitor, as if they had. */
  send(text: string): void {
    if (text.trim() !== "") this.#chat?.send(text.trim().slice(0, 4000))
  }

  /**
   * Says who is signed in at the site, with its proof: `{ token }`, or `{ userId, hash }`. Resolves with `verified`, or
   * with `refused`, where the visitor stays without a name.
   */
  identify(identity: Identity): Promise<"none" | "verified" | "refused"> {
    return this.#chat?.identify(identity) ?? Promise.reject(new Error("the widget is not on the page"))
  }

  /** Forgets the visitor, what they wrote and their session. Call it when they sign out of the site. */
  async signOut(): Promise<void> {
    this.close()
    await this.#chat?.signOut()
    this.#drafts += 1
    this.#seenEntries = 0
    this.#render()
  }

  /** Adds facts of one line to what is known of the visitor, as their own word. */
  setAttributes(attributes: Attributes): Promise<void> {
    return this.#chat?.describe({ attributes }) ?? Promise.reject(new Error("the widget is not on the page"))
  }

  /** Calls back on each event of a kind, until the function that it gives is called. */
  on<Name extends keyof WidgetEvents>(name: Name, listener: (detail: WidgetEvents[Name]) => void): () => void {
    const heard = (event: Event) => {
      if (event instanceof CustomEvent) listener(event.detail)
    }
    this.addEventListener(`wicara-${name}`, heard)
    return () => this.removeEventListener(`wicara-${name}`, heard)
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
    const wanted = [...this.#wanted(), settings?.locale]
    const key = wanted.join()
    if (this.#spoken?.key !== key || this.#spoken.settings !== settings) {
      this.#spoken = { ...textsFor(wanted, settings), key, settings }
    }
    return this.#spoken
  }

  #wanted() {
    return [this.getAttribute("locale"), document.documentElement.lang, ...navigator.languages]
      .flatMap((tag) => tag === null || !isTag.test(tag) ? [] : [tag]).slice(0, 20)
  }

  #begin(): void {
    const account = this.getAttribute("account")
    const server = (this.getAttribute("server") ?? location.origin).replace(/\/+$/, "")
    if (account === null || account === "") return
    // What is written is in memory, too: another language or the same place again does not lose it.
    const kept = `${server} ${account}`
    const storage = this.#storage !== undefined && this.#kept === kept ? this.#storage : makeStorage(server, account)
    this.#kept = kept
    const chat = makeChat({
      requests: makeRequests(server, account),
      storage,
      locale: this.#locale().tag,
      languages: this.#wanted(),
      page,
      entry: () => {
        const first = entryOf(storage)
        return first?.url === page()?.url ? undefined : first
      }
    })
    entryOf(storage)
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
    this.#identity = undefined
    this.#unread = 0
    this.#title.set(0)
    if (this.shadowRoot !== null) render(null, this.shadowRoot)
  }

  #toggle(open: boolean): void {
    if (this.#open === open || this.#chat === undefined) return
    this.#open = open
    this.#byVisitor = true
    this.#storage?.setOpen(open)
    if (open) this.#chat.listen()
    this.#render()
    this.#dispatch(open ? "open" : "close", {})
  }

  #tell(state: ChatState): void {
    if (state.phase === "ready" && state.identity !== this.#identity) {
      const first = this.#identity === undefined
      this.#identity = state.identity
      this.#dispatch(first ? "ready" : "identity", { identity: state.identity })
    }
    const count = unread(state)
    if (count !== this.#unread) {
      this.#unread = count
      this.#title.set(state.settings?.unreadInTitle === false ? 0 : count)
      this.#dispatch("unread", { count })
    }
    const newest = state.entries.reduce((last, entry) => Math.max(last, entry.position ?? 0), 0)
    if (state.phase === "ready" && newest > this.#seenEntries) {
      const from = state.entries.findLast((entry) => entry.position === newest)?.from
      // What a session begins with is not news.
      if (this.#seenEntries > 0 || state.connection === "live") this.#dispatch("message", { from })
      this.#seenEntries = newest
    }
  }

  #dispatch<Name extends keyof WidgetEvents>(name: Name, detail: WidgetEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(`wicara-${name}`, { detail, bubbles: true, composed: true }))
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
        hasSeen={storage.hasSeen}
        onSeen={(id) => {
          storage.setSeen(id)
          this.#dispatch("greeting", { id })
        }}
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
