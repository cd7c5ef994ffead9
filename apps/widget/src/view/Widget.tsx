import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Chat, ChatState } from "../Chat.ts"
import { unread } from "../Chat.ts"
import type { Texts } from "../Texts.ts"
import { Away, Rating } from "./Asides.tsx"
import { Composer } from "./Composer.tsx"
import { Form } from "./Form.tsx"
import { Greeting } from "./Greeting.tsx"
import { ChatIcon, CloseIcon, PersonIcon } from "./Icons.tsx"
import { MessageList } from "./MessageList.tsx"

/** A short break is nobody's business. */
const noticeAfterMillis = 3000

const useChat = (chat: Chat): ChatState => {
  const [state, setState] = useState(chat.state())
  useEffect(() => {
    setState(chat.state())
    return chat.subscribe(() => setState(chat.state()))
  }, [chat])
  return state
}

const useLasting = (condition: boolean, millis: number): boolean => {
  const [lasting, setLasting] = useState(false)
  useEffect(() => {
    if (!condition) {
      setLasting(false)
      return
    }
    const timer = setTimeout(() => setLasting(true), millis)
    return () => clearTimeout(timer)
  }, [condition, millis])
  return lasting
}

const Panel = ({ chat, draft, drafts, focus, fullScreen, greeting, locale, onClose, onDraft, state, texts, title }: {
  readonly chat: Chat
  readonly state: ChatState
  readonly texts: Texts
  readonly locale: string
  readonly title: string
  readonly greeting: string
  readonly draft: string
  readonly drafts: number
  readonly onDraft: (text: string) => void
  readonly onClose: () => void
  /** Opened by the visitor, not found open: only then does it take the focus. */
  readonly focus: boolean
  readonly fullScreen: boolean
}) => {
  const panel = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const [rated, setRated] = useState(false)
  const { form = null } = state.settings ?? {}
  const asks = form !== null && !state.formDone && (form.required || state.entries.length === 0)
  const logo = state.settings?.logo ?? null
  const [plain, setPlain] = useState(false)
  const lost = useLasting(state.online && state.connection === "lost", noticeAfterMillis)

  useLayoutEffect(() => {
    if (!focus) return
    // On a touch screen the keyboard would cover the conversation before it was seen.
    const target = matchMedia("(pointer: coarse)").matches ? panel.current : field.current ?? panel.current
    target?.focus({ preventScroll: true })
  }, [drafts])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation()
      onClose()
    }
    if (event.key !== "Tab" || !fullScreen || panel.current === null) return
    // Covering the page means keeping the focus, too.
    const stops = [
      ...panel.current.querySelectorAll<HTMLElement>(
        "button:not(:disabled), a[href], textarea, select, input:not([hidden]), [tabindex='0']"
      )
    ]
    const root = panel.current.getRootNode()
    const active = root instanceof ShadowRoot ? root.activeElement : null
    const edge = event.shiftKey ? stops[0] : stops.at(-1)
    if (active === edge || active === panel.current && event.shiftKey) {
      event.preventDefault()
      const target = event.shiftKey ? stops.at(-1) : stops[0]
      target?.focus()
    }
  }

  const notice = !state.online ? texts.offline : lost ? texts.reconnecting : undefined
  return (
    <div
      ref={panel}
      id="panel"
      class="panel"
      role="dialog"
      aria-modal={fullScreen}
      aria-labelledby="title"
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <div class="header">
        <span class="avatar">
          {logo === null || plain
            ? <PersonIcon />
            : <img src={chat.resolve(logo)} alt="" referrerpolicy="no-referrer" onError={() => setPlain(true)} />}
        </span>
        <div class="words">
          <h2 id="title">{title}</h2>
          <p>
            <span class="dot" data-live={state.connection === "live" && state.offline === null} />
            {state.connection === "connecting" ? texts.connecting : state.offline !== null ? texts.away : texts.online}
          </p>
        </div>
        <button type="button" class="icon-button" aria-label={texts.close} onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <div role="status">{notice === undefined ? null : <div class="notice">{notice}</div>}</div>
      {asks
        ? <Form chat={chat} form={form} texts={texts} />
        : (
          <>
            <MessageList chat={chat} state={state} texts={texts} locale={locale} greeting={greeting} />
            {state.ratingFor !== null
              ? (
                <Rating
                  key={state.ratingFor}
                  chat={chat}
                  texts={texts}
                  onDone={(sent) => {
                    setRated(sent)
                    if (!sent) chat.dismissRating()
                    field.current?.focus({ preventScroll: true })
                  }}
                />
              )
              : state.offline === null
              ? null
              : <Away chat={chat} offline={state.offline} texts={texts} />}
            <div role="status">{rated && state.ratingFor === null ? <p class="aside">{texts.rated}</p> : null}</div>
            <Composer
              key={drafts}
              chat={chat}
              texts={texts}
              field={field}
              draft={draft}
              onDraft={onDraft}
              attachments={state.settings?.attachments === true}
              uploads={state.uploads}
            />
          </>
        )}
    </div>
  )
}

export interface WidgetProps {
  readonly chat: Chat
  readonly texts: Texts
  readonly locale: string
  readonly direction: "ltr" | "rtl"
  readonly open: boolean
  readonly byVisitor: boolean
  readonly mode: "light" | "dark"
  readonly draft: () => string
  /** How often the page itself put a text there. */
  readonly drafts: number
  readonly onDraft: (text: string) => void
  readonly onToggle: (open: boolean) => void
  readonly hasSeen: (greeting: string) => boolean
  readonly onSeen: (greeting: string) => void
  readonly colors: (root: HTMLElement, state: ChatState) => void
}

const fullScreenQuery = "(max-width: 480px), (max-height: 480px)"

export const Widget = (props: WidgetProps) => {
  const { chat, open, texts } = props
  const state = useChat(chat)
  const root = useRef<HTMLDivElement>(null)
  const launcher = useRef<HTMLButtonElement>(null)
  const [fullScreen, setFullScreen] = useState(() => matchMedia(fullScreenQuery).matches)
  const count = unread(state)

  useEffect(() => {
    const query = matchMedia(fullScreenQuery)
    const update = () => setFullScreen(query.matches)
    query.addEventListener("change", update)
    return () => query.removeEventListener("change", update)
  }, [])

  useLayoutEffect(() => {
    if (root.current !== null) props.colors(root.current, state)
  }, [state.settings, props.mode, state.phase])

  // What is on the screen has been read.
  useEffect(() => {
    if (!open) return
    const seen = () => {
      if (!document.hidden) chat.seen()
    }
    seen()
    document.addEventListener("visibilitychange", seen)
    return () => document.removeEventListener("visibilitychange", seen)
  }, [open, count, state.entries])

  const close = () => {
    props.onToggle(false)
    requestAnimationFrame(() => launcher.current?.focus({ preventScroll: true }))
  }

  if (state.phase === "closed" || state.settings === undefined) return null
  const { settings } = state
  return (
    <div
      ref={root}
      class="root"
      lang={props.locale}
      dir={props.direction}
      data-mode={props.mode}
      data-open={open}
      data-position={settings.position}
    >
      {open
        ? (
          <Panel
            chat={chat}
            state={state}
            texts={texts}
            locale={props.locale}
            title={settings.title ?? texts.title}
            greeting={settings.greeting ?? texts.greeting}
            draft={props.draft()}
            drafts={props.drafts}
            onDraft={props.onDraft}
            onClose={close}
            focus={props.byVisitor}
            fullScreen={fullScreen}
          />
        )
        : (
          <Greeting
            greetings={settings.greetings}
            hasSeen={props.hasSeen}
            onSeen={props.onSeen}
            onOpen={() => props.onToggle(true)}
            texts={texts}
          />
        )}
      <button
        ref={launcher}
        type="button"
        class="launcher"
        aria-expanded={open}
        aria-controls={open ? "panel" : undefined}
        aria-haspopup="dialog"
        aria-label={open ? texts.close : count === 0 ? texts.open : `${texts.open}, ${texts.unread(count)}`}
        onClick={() => open ? close() : props.onToggle(true)}
      >
        <ChatIcon />
        <CloseIcon className="icon-close" />
        {count > 0 && !open ? <span class="badge" aria-hidden="true">{count > 99 ? "99+" : count}</span> : null}
      </button>
      <div class="vh" role="status">{count > 0 && !open ? texts.unread(count) : ""}</div>
    </div>
  )
}
