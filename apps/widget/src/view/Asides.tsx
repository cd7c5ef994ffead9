/** What stands between the conversation and the field to write in: nobody is there, how was it. */
import { isEmail } from "@wicara/channels-widget/WidgetAnswers"
import { useState } from "preact/hooks"
import type { Chat, ChatState } from "../Chat.ts"
import type { Texts } from "../Texts.ts"
import { CloseIcon, StarIcon } from "./Icons.tsx"

export const Away = ({ chat, offline, texts }: {
  readonly chat: Chat
  readonly offline: NonNullable<ChatState["offline"]>
  readonly texts: Texts
}) => {
  const [email, setEmail] = useState("")
  const [state, setState] = useState<"idle" | "wrong" | "kept" | "failed">("idle")
  const keep = () => {
    if (!isEmail(email.trim())) {
      setState("wrong")
      return
    }
    chat.describe({ email: email.trim() }).then(() => setState("kept"), () => setState("failed"))
  }
  return (
    <div class="aside">
      <p dir="auto">{offline.message ?? texts.awayMessage}</p>
      {offline.askEmail && state !== "kept"
        ? (
          <form
            noValidate
            onSubmit={(event) => {
              event.preventDefault()
              keep()
            }}
          >
            <label for="email">{texts.email}</label>
            <div class="line">
              <input
                id="email"
                type="email"
                autocomplete="email"
                value={email}
                maxLength={190}
                aria-invalid={state === "wrong"}
                aria-describedby={state === "wrong" ? "email-error" : undefined}
                onInput={(event) => setEmail(event.currentTarget.value)}
              />
              <button type="submit" class="primary">{texts.keep}</button>
            </div>
          </form>
        )
        : null}
      <div role="status">
        {state === "wrong"
          ? <p class="error" id="email-error">{texts.answerEmail}</p>
          : state === "failed"
          ? <p class="error">{texts.notKept}</p>
          : state === "kept"
          ? <p>{texts.emailKept}</p>
          : null}
      </div>
    </div>
  )
}

const scores = [1, 2, 3, 4, 5] as const

export const Rating = ({ chat, onDone, texts }: {
  readonly chat: Chat
  readonly texts: Texts
  readonly onDone: (rated: boolean) => void
}) => {
  const [score, setScore] = useState(0)
  const [solved, setSolved] = useState(false)
  const [comment, setComment] = useState("")
  const [failed, setFailed] = useState(false)
  const send = () => {
    if (score === 0) return
    const said = comment.trim()
    chat.rate({ score, solved, ...(said === "" ? {} : { comment: said }) })
      .then(() => onDone(true), () => setFailed(true))
  }
  return (
    <form
      class="aside rating"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <button type="button" class="icon-button small" aria-label={texts.dismiss} onClick={() => onDone(false)}>
        <CloseIcon />
      </button>
      <fieldset>
        <legend>{texts.rate}</legend>
        <div class="stars">
          {scores.map((value) => (
            <label key={value} data-lit={value <= score} title={texts[`score${value}`]}>
              <input
                type="radio"
                name="score"
                class="vh"
                value={value}
                checked={value === score}
                onChange={() => setScore(value)}
              />
              <StarIcon />
              <span class="vh">{texts[`score${value}`]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {score === 0 ? null : (
        <>
          <label class="check">
            <input type="checkbox" checked={solved} onChange={(event) => setSolved(event.currentTarget.checked)} />
            {texts.solved}
          </label>
          <label for="comment">{texts.comment}</label>
          <textarea
            id="comment"
            rows={2}
            maxLength={2000}
            value={comment}
            onInput={(event) => setComment(event.currentTarget.value)}
          />
          <button type="submit" class="primary">{texts.sendRating}</button>
        </>
      )}
      <div role="alert">{failed ? <p class="error">{texts.notKept}</p> : null}</div>
    </form>
  )
}
