import { useEffect, useState } from "preact/hooks"
import type { Settings } from "../Contract.ts"
import { isOn } from "../Greetings.ts"
import type { Texts } from "../Texts.ts"
import { CloseIcon } from "./Icons.tsx"

type Greetings = Settings["greetings"]

/** Says the first greeting that is due here, once to a visitor, as long as they have not opened the panel themselves. */
export const Greeting = ({ greetings, hasSeen, onOpen, onSeen, texts }: {
  readonly greetings: Greetings
  readonly hasSeen: (id: string) => boolean
  readonly onSeen: (id: string) => void
  readonly onOpen: () => void
  readonly texts: Texts
}) => {
  const [shown, setShown] = useState<Greetings[number]>()
  useEffect(() => {
    const timers = greetings.filter(({ id }) => !hasSeen(id)).map((greeting) =>
      setTimeout(() => {
        // The page may have become another one meanwhile, and the visitor may have seen it in another tab.
        if (hasSeen(greeting.id) || !isOn(location.href, greeting.urls)) return
        onSeen(greeting.id)
        setShown((before) => before ?? greeting)
      }, greeting.afterSeconds * 1000)
    )
    return () => timers.forEach(clearTimeout)
  }, [greetings])
  return (
    <div role="status" class="greetings">
      {shown === undefined ? null : (
        <div class="greeting">
          <button type="button" class="said" dir="auto" onClick={onOpen}>{shown.text}</button>
          <button
            type="button"
            class="icon-button small"
            aria-label={texts.dismiss}
            onClick={() => setShown(undefined)}
          >
            <CloseIcon />
          </button>
        </div>
      )}
    </div>
  )
}
