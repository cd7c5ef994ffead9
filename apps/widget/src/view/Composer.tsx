import type { Ref } from "preact"
import { useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Chat } from "../Chat.ts"
import type { Texts } from "../Texts.ts"
import type { Upload } from "../Uploads.ts"
import { ClipIcon, CloseIcon, FileIcon, SendIcon } from "./Icons.tsx"

/** As many as the server takes. */
const maxLength = 4000
const pauseMillis = 6000

const refusal = ({ name, problem }: Upload, texts: Texts): string =>
  problem === "file-too-large"
    ? texts.tooLarge(name)
    : problem === "file-type-refused"
    ? texts.typeRefused(name)
    : problem === "file-infected"
    ? texts.infected(name)
    : texts.notUploaded(name)

const Chip = ({ onRemove, texts, upload }: {
  readonly upload: Upload
  readonly texts: Texts
  readonly onRemove: () => void
}) => (
  <li class="chip" data-state={upload.state}>
    <FileIcon />
    {upload.state === "uploading"
      ? (
        <>
          <span class="name">{upload.name}</span>
          <progress aria-label={texts.uploading(upload.name)} value={upload.share} max={1} />
        </>
      )
      : upload.state === "refused"
      ? <span role="alert">{refusal(upload, texts)}</span>
      : (
        <span>
          {upload.name}
          <span class="vh" role="status">{texts.attached(upload.name)}</span>
        </span>
      )}
    <button type="button" class="icon-button small" aria-label={texts.remove(upload.name)} onClick={onRemove}>
      <CloseIcon />
    </button>
  </li>
)

export const Composer = ({ attachments, chat, draft, field, onDraft, texts, uploads }: {
  readonly attachments: boolean
  readonly uploads: ReadonlyArray<Upload>
  readonly chat: Chat
  readonly texts: Texts
  readonly field: Ref<HTMLTextAreaElement> & { current: HTMLTextAreaElement | null }
  readonly draft: string
  readonly onDraft: (text: string) => void
}) => {
  const [text, setText] = useState(draft)
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined)
  const picker = useRef<HTMLInputElement>(null)
  const waits = uploads.some(({ state }) => state === "uploading")
  const blank = text.trim() === "" && !uploads.some(({ state }) => state === "ready")
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
    if (blank || tooLong || waits) return
    clearTimeout(pause.current)
    chat.send(text.trim())
    setText("")
    onDraft("")
    field.current?.focus()
  }

  const attach = (files: FileList | null | undefined) => {
    for (const file of files ?? []) chat.attach(file)
  }

  return (
    <>
      {uploads.length === 0 ? null : (
        <ul class="chips">
          {uploads.map((upload) => (
            <Chip
              key={upload.id}
              upload={upload}
              texts={texts}
              onRemove={() => chat.detach(upload.id)}
            />
          ))}
        </ul>
      )}
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        {attachments
          ? (
            <>
              <input
                ref={picker}
                type="file"
                multiple
                hidden
                onChange={(event) => {
                  attach(event.currentTarget.files)
                  event.currentTarget.value = ""
                }}
              />
              <button
                type="button"
                class="attach"
                aria-label={texts.attach}
                onClick={() => picker.current?.click()}
              >
                <ClipIcon />
              </button>
            </>
          )
          : null}
        <label class="vh" for="message">{texts.message}</label>
        <textarea
          id="message"
          ref={field}
          rows={1}
          dir={text === "" ? undefined : "auto"}
          value={text}
          placeholder={texts.placeholder}
          enterkeyhint="send"
          autocomplete="off"
          aria-invalid={tooLong}
          aria-describedby={tooLong ? "limit" : undefined}
          onInput={(event) => change(event.currentTarget.value)}
          onPaste={(event) => {
            if (attachments) attach(event.clipboardData?.files)
          }}
          onKeyDown={(event) => {
            // While an input method composes a word, Enter is its key.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        <button type="submit" class="send" aria-label={texts.send} aria-disabled={blank || tooLong || waits}>
          <SendIcon />
        </button>
      </form>
      {tooLong ? <p class="limit" id="limit" role="alert">{texts.tooLong(maxLength)}</p> : null}
    </>
  )
}
