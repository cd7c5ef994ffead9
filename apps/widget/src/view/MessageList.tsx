import { Fragment } from "preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Chat, ChatState } from "../Chat.ts"
import type { Entry } from "../Entries.ts"
import type { Texts } from "../Texts.ts"
import { Bubble } from "./Bubble.tsx"
import { DownIcon } from "./Icons.tsx"

/** Messages of one side within this time stand together. */
const groupMillis = 5 * 60_000
const nearBottom = 80

const together = (one: Entry | undefined, other: Entry | undefined): boolean =>
  one !== undefined && other !== undefined && one.from === other.from && other.at - one.at < groupMillis &&
  dayOf(one.at) === dayOf(other.at)

const dayOf = (at: number): string => new Date(at).toDateString()

const dayName = (at: number, locale: string, texts: Texts): string => {
  const now = new Date()
  if (dayOf(at) === now.toDateString()) return texts.today
  if (dayOf(at) === new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).toDateString()) {
    return texts.yesterday
  }
  return new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" }).format(at)
}

export const MessageList = ({ chat, greeting, locale, state, texts }: {
  readonly chat: Chat
  readonly state: ChatState
  readonly texts: Texts
  readonly locale: string
  readonly greeting: string
}) => {
  const log = useRef<HTMLDivElement>(null)
  const pinned = useRef(true)
  const heightBefore = useRef(0)
  const opened = useRef(Date.now())
  const [away, setAway] = useState(false)
  const { entries } = state
  const first = entries[0]?.id
  const lastId = entries.at(-1)?.id
  const firstBefore = useRef(first)

  useLayoutEffect(() => {
    const element = log.current
    if (element === null) return
    // Earlier messages came in above: what was in view stays in view.
    if (firstBefore.current !== first && firstBefore.current !== undefined && !pinned.current) {
      element.scrollTop += element.scrollHeight - heightBefore.current
    } else if (pinned.current || entries.at(-1)?.from === "visitor" && entries.at(-1)?.state === "waiting") {
      element.scrollTop = element.scrollHeight
      pinned.current = true
    }
    firstBefore.current = first
    heightBefore.current = element.scrollHeight
  }, [first, lastId, entries.length, state.businessTyping])

  useEffect(() => {
    const element = log.current
    if (element === null) return
    // Pictures load and the keyboard comes up: the end stays in view.
    const observer = new ResizeObserver(() => {
      if (pinned.current) element.scrollTop = element.scrollHeight
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const onScroll = () => {
    const element = log.current
    if (element === null) return
    pinned.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearBottom
    setAway(!pinned.current)
  }

  const toNewest = () => {
    const element = log.current
    pinned.current = true
    element?.focus({ preventScroll: true })
    element?.scrollTo({ top: element.scrollHeight })
  }

  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" })
  const newest = entries.findLast((entry) => entry.state === "sent")

  return (
    <div class="middle">
      <div
        ref={log}
        class="log"
        role="log"
        aria-label={texts.conversation}
        aria-live={state.loadingEarlier ? "off" : "polite"}
        aria-relevant="additions"
        tabIndex={0}
        onScroll={onScroll}
      >
        {state.hasEarlier
          ? (
            <button type="button" class="earlier" disabled={state.loadingEarlier} onClick={chat.loadEarlier}>
              {texts.earlier}
            </button>
          )
          : (
            <div class="row" data-from="business">
              <span class="vh">{texts.them}:</span>
              <div class="bubble" dir="auto">{greeting}</div>
            </div>
          )}
        {entries.map((entry, index) => {
          const before = entries[index - 1]
          const joined = together(before, entry)
          return (
            <Fragment key={`${entry.from} ${entry.id}`}>
              {before === undefined || dayOf(before.at) !== dayOf(entry.at)
                ? <div class="day">{dayName(entry.at, locale, texts)}</div>
                : null}
              <Bubble
                entry={entry}
                texts={texts}
                time={time.format(entry.at)}
                joined={joined}
                last={!together(entry, entries[index + 1])}
                fresh={entry.at > opened.current}
                online={state.online}
                read={entry.position !== undefined && entry.position <= state.businessReadUpTo}
                answerable={entry === newest && entry.from === "business"}
                resolve={chat.resolve}
                onPick={({ id, title, type }) => chat.send(title, { type, id, replyTo: entry.id })}
                onRetry={() => chat.retry(entry.id)}
                onDiscard={() => chat.discard(entry.id)}
              />
            </Fragment>
          )
        })}
        {state.businessTyping
          ? (
            <div class="row" data-from="business" key="typing">
              <div class="bubble typing">
                <i />
                <i />
                <i />
                <span class="vh">{texts.typing}</span>
              </div>
            </div>
          )
          : null}
      </div>
      {away
        ? (
          <button type="button" class="newest" aria-label={texts.newest} onClick={toNewest}>
            <DownIcon />
          </button>
        )
        : null}
    </div>
  )
}
