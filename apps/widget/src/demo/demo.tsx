/**
 * The demo page: the sample site of an invented internet provider with the widget on it, and a customer's phone.
 */
import { render } from "preact"
import { useEffect, useMemo, useState } from "preact/hooks"
import type { EmulatedAccount } from "./EmulatorClient.ts"
import { Phone } from "./Phone.tsx"
import type { Customer } from "./Phone.tsx"
import { Site } from "./Site.tsx"
import { demoTexts } from "./Texts.ts"
import type { DemoTexts } from "./Texts.ts"

interface Config {
  readonly widgetAccount: string
  readonly cloud: EmulatedAccount
  readonly waha: EmulatedAccount
}

type Language = "en" | "id"
type Theme = "auto" | "light" | "dark"
type Channel = "cloud" | "waha"

const stored = <A extends string>(key: string, values: ReadonlyArray<A>, otherwise: A): A => {
  try {
    return values.find((value) => value === localStorage.getItem(key)) ?? otherwise
  } catch {
    return otherwise
  }
}

const store = (key: string, value: string) => {
  try {
    localStorage.setItem(key, value)
  } catch {
    // A browser that keeps nothing starts afresh each time.
  }
}

const newCustomer = (): Customer => {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte % 10).join("")
  const names = ["Rina", "Budi", "Sari", "Agus", "Dewi", "Yusuf", "Maria", "Kevin"]
  return { phone: `62812${digits}`, name: names[Number(digits[0] ?? 0) % names.length] ?? "Rina" }
}

const knownCustomer = (): Customer => {
  try {
    const value: unknown = JSON.parse(localStorage.getItem("demo:customer") ?? "null")
    if (
      typeof value === "object" && value !== null && "phone" in value && "name" in value &&
      typeof value.phone === "string" && typeof value.name === "string"
    ) return { phone: value.phone, name: value.name }
  } catch {
    // Made anew below.
  }
  const customer = newCustomer()
  store("demo:customer", JSON.stringify(customer))
  return customer
}

type WidgetElement = HTMLElement & { readonly open: (draft?: string) => void }

/** The widget is embedded as on any site: by its script tag. */
const useWidget = (account: string | undefined, language: Language, theme: Theme) => {
  useEffect(() => {
    if (account === undefined) return
    const script = document.createElement("script")
    script.src = "/widget.js"
    script.dataset["account"] = account
    script.dataset["locale"] = language
    script.dataset["theme"] = theme
    document.head.append(script)
  }, [account])
  useEffect(() => {
    const element = document.querySelector("wicara-widget")
    element?.setAttribute("locale", language)
    element?.setAttribute("theme", theme)
  }, [language, theme])
}

const Segments = <A extends string>({ label, onChange, options, value }: {
  readonly label: string
  readonly value: A
  readonly options: ReadonlyArray<readonly [A, string]>
  readonly onChange: (value: A) => void
}) => (
  <fieldset class="segments">
    <legend class="vh">{label}</legend>
    {options.map(([option, name]) => (
      <label key={option}>
        <input type="radio" name={label} checked={option === value} onChange={() => onChange(option)} />
        <span>{name}</span>
      </label>
    ))}
  </fieldset>
)

const Snippet = ({ account, texts }: { readonly account: string; readonly texts: DemoTexts["embed"] }) => {
  const [copied, setCopied] = useState(false)
  const code = `<script src="${location.origin}/widget.js" data-account="${account}" async></script>`
  return (
    <div class="snippet">
      <h2>{texts.title}</h2>
      <div>
        <code>{code}</code>
        <button
          type="button"
          class="button small"
          onClick={() => {
            navigator.clipboard.writeText(code).then(() => {
              setCopied(true)
              setTimeout(() => setCopied(false), 2000)
            }, () => {})
          }}
        >
          <span role="status">{copied ? texts.copied : texts.copy}</span>
        </button>
      </div>
    </div>
  )
}

const Demo = () => {
  const [config, setConfig] = useState<Config | "missing" | undefined>(undefined)
  const [language, setLanguage] = useState<Language>(() =>
    stored("demo:language", ["en", "id"], navigator.language.startsWith("id") ? "id" : "en")
  )
  const [theme, setTheme] = useState<Theme>(() => stored("demo:theme", ["auto", "light", "dark"], "auto"))
  const [channel, setChannel] = useState<Channel>(() => stored("demo:channel", ["cloud", "waha"], "cloud"))
  const [customer, setCustomer] = useState(knownCustomer)
  const texts = demoTexts[language]
  const ready = config !== undefined && config !== "missing" ? config : undefined
  const emulator = useMemo(() => ready?.[channel], [ready, channel])

  useEffect(() => {
    fetch("/demo/config.json").then(async (response) => {
      setConfig(response.ok ? await response.json() as Config : "missing")
    }).catch(() => setConfig("missing"))
  }, [])

  useEffect(() => {
    document.documentElement.lang = language
    store("demo:language", language)
  }, [language])

  useEffect(() => {
    document.documentElement.dataset["theme"] = theme
    store("demo:theme", theme)
  }, [theme])

  useWidget(ready?.widgetAccount, language, theme)

  const ask = (question?: string) => document.querySelector<WidgetElement>("wicara-widget")?.open(question)

  return (
    <>
      <a class="skip" href="#site">{texts.skip}</a>
      <aside class="bar" aria-label={texts.demo}>
        <p>
          <strong>{texts.demo}</strong> {texts.intro} <a class="to-phone" href="#customer">{texts.phone.title}</a>{" "}
          <a href="/demo/settings.html">{texts.settings}</a>
        </p>
        <div class="settings">
          <Segments
            label={texts.language}
            value={language}
            options={[["en", "English"], ["id", "Indonesia"]]}
            onChange={setLanguage}
          />
          <Segments
            label={texts.theme}
            value={theme}
            options={[["auto", texts.themes.auto], ["light", texts.themes.light], ["dark", texts.themes.dark]]}
            onChange={setTheme}
          />
        </div>
      </aside>
      {config === "missing" ? <p class="missing" role="alert">{texts.unavailable}</p> : null}
      <div class="stage">
        <section id="customer" class="customer" aria-labelledby="customer-title">
          <h2 id="customer-title">{texts.phone.title}</h2>
          <Segments
            label={texts.phone.channel}
            value={channel}
            options={[["cloud", texts.phone.cloud], ["waha", texts.phone.waha]]}
            onChange={(next) => {
              setChannel(next)
              store("demo:channel", next)
            }}
          />
          <p class="note">{channel === "cloud" ? texts.phone.cloudNote : texts.phone.wahaNote}</p>
          {emulator === undefined ? null : (
            <Phone
              key={`${channel} ${customer.phone}`}
              customer={customer}
              emulator={emulator}
              locale={language}
              texts={texts.phone}
              suggestions={texts.tries}
            />
          )}
          <p class="note who">
            {customer.name}, +{customer.phone}
            <button
              type="button"
              onClick={() => {
                const next = newCustomer()
                store("demo:customer", JSON.stringify(next))
                setCustomer(next)
              }}
            >
              {texts.phone.reset}
            </button>
          </p>
        </section>
        <div class="window">
          <div class="window-bar" aria-hidden="true">
            <i />
            <i />
            <i />
            <span>lintas-fiber.example</span>
          </div>
          <Site
            texts={texts}
            onAsk={ask}
            snippet={ready === undefined ? null : <Snippet account={ready.widgetAccount} texts={texts.embed} />}
          />
        </div>
      </div>
    </>
  )
}

const app = document.getElementById("app")
if (app !== null) render(<Demo />, app)
