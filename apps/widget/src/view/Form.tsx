import { problemsOf } from "@wicara/channels-widget/WidgetAnswers"
import type { AnswerProblem } from "@wicara/channels-widget/WidgetAnswers"
import type { JSX } from "preact"
import { useRef, useState } from "preact/hooks"
import type { Chat } from "../Chat.ts"
import type { Form as FormSettings } from "../Contract.ts"
import type { Texts } from "../Texts.ts"

type Field = FormSettings["fields"][number]
type Answers = Record<string, string | boolean>

const wordsFor = (problem: AnswerProblem, texts: Texts): string =>
  problem === "email" ? texts.answerEmail : problem === "phone" ? texts.answerPhone : texts.answerMissing

const Input = ({ describedBy, field, invalid, onChange, texts, value }: {
  readonly field: Field
  readonly value: string | boolean | undefined
  readonly invalid: boolean
  readonly describedBy: string | undefined
  readonly onChange: (value: string | boolean) => void
  readonly texts: Texts
}): JSX.Element => {
  const shared = {
    id: `field-${field.key}`,
    "aria-required": field.required,
    "aria-invalid": invalid,
    "aria-describedby": describedBy
  }
  const text = typeof value === "string" ? value : ""
  const line = {
    ...shared,
    maxLength: 500,
    value: text,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value)
  }
  switch (field.kind) {
    case "checkbox":
      return (
        <input
          {...shared}
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case "choice":
      return (
        <select {...shared} value={text} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{texts.choose}</option>
          {(field.options ?? []).map(({ label, value }) => <option value={value}>{label}</option>)}
        </select>
      )
    case "long_text":
      return (
        <textarea
          {...shared}
          rows={3}
          maxLength={2000}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )
    case "email":
      return <input {...line} type="email" autocomplete="email" />
    case "phone":
      return <input {...line} type="tel" autocomplete="tel" />
    default:
      return <input {...line} type="text" autocomplete={field.kind === "name" ? "name" : "off"} />
  }
}

/** What is asked before the first message. Answers live in memory alone until they are sent. */
export const Form = ({ chat, form, texts }: {
  readonly chat: Chat
  readonly form: FormSettings
  readonly texts: Texts
}) => {
  const element = useRef<HTMLFormElement>(null)
  const [answers, setAnswers] = useState<Answers>({})
  const [agreed, setAgreed] = useState(false)
  const [tried, setTried] = useState(false)
  const [state, setState] = useState<"idle" | "sending" | "failed">("idle")
  const wrong = new Map(problemsOf(form.fields, answers).map(({ key, problem }) => [key, problem]))
  const consentMissing = form.consent?.required === true && !agreed

  const submit = () => {
    setTried(true)
    if (wrong.size > 0 || consentMissing) {
      const first = form.fields.find(({ key }) => wrong.has(key))?.key
      const target = first === undefined ? "#consent" : `#field-${first}`
      element.current?.querySelector<HTMLElement>(target)?.focus()
      return
    }
    if (state === "sending") return
    setState("sending")
    const filled: Answers = {}
    for (const [key, value] of Object.entries(answers)) {
      if (typeof value === "boolean") filled[key] = value
      else if (value.trim() !== "") filled[key] = value.trim()
    }
    chat.describe({ answers: filled, ...(form.consent === null ? {} : { consent: agreed }) })
      .catch(() => setState("failed"))
  }

  return (
    <form
      ref={element}
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {form.intro === null ? null : (
        <p>
          <bdi>{form.intro}</bdi>
        </p>
      )}
      {form.fields.map((field) => {
        const problem = tried ? wrong.get(field.key) : undefined
        const errorId = `error-${field.key}`
        return (
          <div class="field" key={field.key} data-kind={field.kind}>
            <label for={`field-${field.key}`}>
              <bdi>{field.label}</bdi>
              {field.required ? <span class="soft">({texts.required})</span> : null}
            </label>
            <Input
              field={field}
              texts={texts}
              value={answers[field.key]}
              invalid={problem !== undefined}
              describedBy={problem === undefined ? undefined : errorId}
              onChange={(value) => setAnswers({ ...answers, [field.key]: value })}
            />
            {problem === undefined ? null : <p class="error" id={errorId}>{wordsFor(problem, texts)}</p>}
          </div>
        )
      })}
      {form.consent === null ? null : (
        <div class="field" data-kind="checkbox">
          <label for="consent">
            <bdi>{form.consent.text}</bdi>
            {form.consent.required ? <span class="soft">({texts.required})</span> : null}
          </label>
          <input
            id="consent"
            type="checkbox"
            checked={agreed}
            aria-required={form.consent.required}
            aria-invalid={tried && consentMissing}
            aria-describedby={tried && consentMissing ? "error-consent" : undefined}
            onChange={(event) => setAgreed(event.currentTarget.checked)}
          />
          {tried && consentMissing ? <p class="error" id="error-consent">{texts.consentMissing}</p> : null}
        </div>
      )}
      <button type="submit" class="primary" aria-disabled={state === "sending"}>{texts.start}</button>
      <div role="alert">{state === "failed" ? <p class="error">{texts.notKept}</p> : null}</div>
    </form>
  )
}
