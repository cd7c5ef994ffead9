import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import type { JSX } from "preact"
import { parse } from "../RichText.ts"
import type { Part } from "../RichText.ts"
import { choicesOf, makePhoneClient } from "./EmulatorClient.ts"
import type { EmulatedAccount, PhoneBubble, PhoneClient, PhoneState, Reply } from "./EmulatorClient.ts"
import type { DemoTexts } from "./Texts.ts"

export interface Customer {
  readonly phone: string
  readonly name: string
}

const usePhone = (client: PhoneClient): PhoneState => {
  const [state, setState] = useState(client.state())
  useEffect(() => {
    setState(client.state())
    return client.subscribe(() => setState(client.state()))
  }, [client])
  return state
}

const Parts = ({ parts }: { readonly parts: ReadonlyArray<Part> }): JSX.Element => (
  <>
    {parts.map((part) =>
      part.type === "text"
        ? part.text
        : part.type === "link"
        ? <a href={part.href} target="_blank" rel="noopener noreferrer">{part.text}</a>
        : part.type === "strong"
        ? (
          <strong>
            <Parts parts={part.parts} />
          </strong>
        )
        : part.type === "em"
        ? (
          <em>
            <Parts parts={part.parts} />
          </em>
        )
        : part.type === "del"
        ? (
          <del>
            <Parts parts={part.parts} />
          </del>
        )
        : (
          <code>
            <Parts parts={part.parts} />
          </code>
        )
    )}
  </>
)

const Ticks = ({ state, label }: { readonly state: "sending" | "sent" | "read"; readonly label: string }) => (
  <span class="ticks" data-state={state}>
    <svg viewBox="0 0 18 12" width="17" height="12" aria-hidden="true">
      {state === "sending"
        ? <path d="M9 2.5V6l2 1.5M14 6A5 5 0 1 1 4 6a5 5 0 0 1 10 0Z" />
        : <path d="m1.5 6.5 3 3 6-7M7.6 8.8l.7.7 6-7" />}
    </svg>
    <span class="vh">{label}</span>
  </span>
)

const Message = ({ answerable, bubble, locale, onAnswer, read, texts }: {
  readonly bubble: PhoneBubble
  readonly read: boolean
  readonly answerable: boolean
  readonly locale: string
  readonly texts: DemoTexts["phone"]
  readonly onAnswer: (reply: Reply) => void
}) => {
  const own = bubble.from === "customer"
  const reaction = bubble.reactions.business ?? bubble.reactions.customer
  return (
    <div data-from={bubble.from} class="bubble-row">
      <div class="bubble">
        <span class="vh">{own ? texts.you : "Lintas Fiber"}:</span>
        {bubble.source === "phone" ? <small class="person">{texts.person}</small> : null}
        <span class="words">
          {bubble.revoked === true
            ? <em>⃠</em>
            : bubble.text === ""
            ? `[${bubble.kind}]`
            : <Parts parts={parse(bubble.text)} />}
        </span>
        <span class="when">
          <time dateTime={new Date(bubble.at).toISOString()}>
            {new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(bubble.at)}
          </time>
          {own ? <Ticks state={read ? "read" : "sent"} label={read ? texts.read : texts.sent} /> : null}
        </span>
        {reaction === undefined ? null : <span class="reaction">{reaction}</span>}
      </div>
      {own ?
        null :
        choicesOf(bubble).map((reply) => (
          <button
            type="button"
            class="reply"
            disabled={!answerable}
            onClick={() => onAnswer(reply)}
          >
            {reply.title}
          </button>
        ))}
    </div>
  )
}

export const Phone = ({ customer, emulator, locale, suggestions, texts }: {
  readonly customer: Customer
  readonly emulator: EmulatedAccount
  readonly locale: string
  readonly texts: DemoTexts["phone"]
  readonly suggestions: ReadonlyArray<string>
}) => {
  const client = useMemo(() => makePhoneClient(emulator, customer), [emulator, customer])
  useEffect(() => () => client.stop(), [client])
  const state = usePhone(client)
  const [text, setText] = useState("")
  const log = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const { bubbles, outbox } = state
  const lastReply = bubbles.findLast(({ from }) => from === "business")?.at ?? 0
  const last = bubbles.at(-1)

  useLayoutEffect(() => {
    const element = log.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }, [bubbles.length, outbox.length, state.typing, client])

  const say = (words: string) => {
    if (words.trim() === "") return
    client.say(words.trim())
    setText("")
    field.current?.focus({ preventScroll: true })
  }

  return (
    <>
      <div class="phone">
        <div class="screen">
          <div class="status-bar" aria-hidden="true">
            <span>{new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(new Date())}</span>
            <span class="signal">
              <i />
              <i />
              <i />
              <b />
            </span>
          </div>
          <div class="chat-header">
            <span class="face" aria-hidden="true">LF</span>
            <div>
              <strong>Lintas Fiber</strong>
              <span role="status">{!state.connected ? texts.offline : state.typing ? texts.typing : texts.online}</span>
            </div>
          </div>
          <div ref={log} class="chat" role="log" aria-label={texts.chat} tabIndex={0}>
            {bubbles.length === 0 && outbox.length === 0
              ? <div class="hint">{texts.empty}</div>
              : <div class="hint">{texts.today}</div>}
            {bubbles.map((bubble) => (
              <Message
                key={bubble.id}
                bubble={bubble}
                locale={locale}
                texts={texts}
                read={state.read.has(bubble.id) || bubble.at < lastReply}
                answerable={bubble === last}
                onAnswer={client.answer}
              />
            ))}
            {outbox.filter(({ id }) => !bubbles.some((bubble) => bubble.id === id)).map((waiting) => (
              <div data-from="customer" class="bubble-row" key={waiting.id}>
                <div class="bubble">
                  <span class="vh">{texts.you}:</span>
                  <span class="words">{waiting.text}</span>
                  <span class="when">
                    <Ticks state="sending" label={texts.sending} />
                  </span>
                </div>
                {waiting.failed
                  ? (
                    <button
                      type="button"
                      class="retry"
                      onClick={() => client.retry(waiting.id)}
                    >
                      {texts.failed}
                    </button>
                  )
                  : null}
              </div>
            ))}
            {state.typing
              ? (
                <div data-from="business" class="bubble-row" key="typing">
                  <div class="bubble dots">
                    <i />
                    <i />
                    <i />
                    <span class="vh">{texts.typing}</span>
                  </div>
                </div>
              )
              : null}
          </div>
          <form
            class="chat-input"
            onSubmit={(event) => {
              event.preventDefault()
              say(text)
            }}
          >
            <input
              ref={field}
              type="text"
              value={text}
              maxLength={4000}
              autocomplete="off"
              enterkeyhint="send"
              aria-label={texts.field}
              placeholder={texts.placeholder}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <button type="submit" aria-label={texts.send}>
              <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                <path d="M4 12h14M12.5 5.5 19 12l-6.5 6.5" />
              </svg>
            </button>
          </form>
        </div>
      </div>
      <div class="chips">
        {suggestions.map((suggestion) => (
          <button
            type="button"
            key={suggestion}
            class="chip"
            onClick={() => say(suggestion)}
          >
            {suggestion}
          </button>
        ))}
      </div>
    </>
  )
}
