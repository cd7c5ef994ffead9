import type { Ref } from "preact"
import { useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Chat } from "../Chat.ts"
import type { Texts } from "../Texts.ts"
import { SendIcon } from "./Icons.tsx"

/** As many as the server takes. */
const maxLength = 4000
const pauseMillis = 6000

export const Composer = ({ chat, draft, field, onDraft, texts }: {
  readonly chat: Chat
  readonly texts: Texts
  readonly field: Ref<HTMLTextAreaElement> & { current: HTMLTextAreaElement | null }
  readonly draft: string
  readonly onDraft: (text: string) => void
}) => {
  const [text, setText] = useState(draft)
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined)
  const blank = text.trim() === ""
  const tooLong = text.length > maxLength

  useLayoutEffect(() => {
    const element = field.current
    if (element === null) return
    element.style.height = "auto"
    element.style.height = `${Math.min(element.scrollHeight + 2, 132)}px`
  }, [text])

  const change = (next: string) => {
    setText(next)
    onDraft(next)
    clearTimeout(pause.current)
    chat.writing(next.trim() !== "")
    pause.current = setTimeout(() => chat.writing(false), pauseMillis)
  }

  const send = () => {
    if (blank || tooLong) return
    clearTimeout(pause.current)
    chat.send(text.trim())
    setText("")
    onDraft("")
    field.current?.focus()
  }

  return (
    <>
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <label class="vh" for="message">{texts.message}</label>
        <textarea
          id="message"
          ref={field}
          rows={1}
          value={text}
          placeholder={texts.placeholder}
          enterkeyhint="send"
          autocomplete="off"
          aria-invalid={tooLong}
          aria-describedby={tooLong ? "limit" : undefined}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            // While an input method composes a word, Enter is its key.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        <button type="submit" class="send" aria-label={texts.send} aria-disabled={blank || tooLong}>
          <SendIcon />
        </button>
      </form>
      {tooLong ? <p class="limit" id="limit" role="alert">{texts.tooLong(maxLength)}</p> : null}
    </>
  )
}
