import type { DemoTexts } from "./Texts.ts"

const Logo = () => (
  <span class="logo">
    <svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
      <rect width="32" height="32" rx="9" class="logo-ground" />
      <path d="M8 21c5 0 5-10 10-10h6" />
      <circle cx="24" cy="11" r="2.6" />
    </svg>
    Lintas Fiber
  </span>
)

/** Strands of light from one end to the other. */
const Strands = () => (
  <svg class="strands" viewBox="0 0 600 420" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
    {Array.from({ length: 9 }, (_, index) => (
      <path
        key={index}
        style={{ animationDelay: `${-index * 0.7}s` }}
        d={`M-40 ${320 + index * 16} C 180 ${330 + index * 12}, 210 ${90 + index * 22}, 400 ${110 + index * 17} S 560 ${
          30 + index * 26
        }, 660 ${20 + index * 30}`}
      />
    ))}
  </svg>
)

export const Site = ({ onAsk, snippet, texts }: {
  readonly texts: DemoTexts
  /** Opens the chat, with a question ready to be sent. */
  readonly onAsk: (question?: string) => void
  readonly snippet: preact.ComponentChildren
}) => (
  <div class="site">
    <header class="site-header">
      <Logo />
      <nav aria-label="Lintas Fiber">
        <a href="#plans">{texts.nav.plans}</a>
        <a href="#how">{texts.nav.how}</a>
        <a href="#questions">{texts.nav.questions}</a>
      </nav>
    </header>
    <main id="site" tabIndex={-1}>
      <section class="hero">
        <Strands />
        <p class="kicker">{texts.hero.kicker}</p>
        <h1>{texts.hero.title}</h1>
        <p class="lead">{texts.hero.text}</p>
        <p class="actions">
          <a class="button" href="#plans">{texts.hero.first}</a>
          <button type="button" class="button quiet" onClick={() => onAsk()}>{texts.hero.second}</button>
        </p>
        <dl class="facts">
          {texts.hero.facts.map(([value, label]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>

      <section id="plans" aria-labelledby="plans-title">
        <h2 id="plans-title">{texts.plans.title}</h2>
        <p class="sub">{texts.plans.text}</p>
        <ul class="plans">
          {texts.plans.list.map((plan, index) => (
            <li key={plan.name} class="plan" data-popular={index === 2}>
              {index === 2 ? <span class="flag">{texts.plans.popular}</span> : null}
              <h3>{plan.name}</h3>
              <p class="speed">
                <strong>{plan.speed}</strong> Mbps
              </p>
              <p class="price">
                <strong>Rp {plan.price}</strong> {texts.plans.month}
              </p>
              <p class="words">{plan.text}</p>
              <p class="words">
                {plan.up} Mbps {texts.plans.up}
              </p>
              <button type="button" class="button small quiet" onClick={() => onAsk(texts.plans.question(plan.name))}>
                {texts.plans.ask}
                <span class="vh">: {plan.name}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>

      <section id="how" aria-labelledby="how-title">
        <h2 id="how-title">{texts.how.title}</h2>
        <ol class="steps">
          {texts.how.steps.map(([title, words]) => (
            <li key={title}>
              <h3>{title}</h3>
              <p>{words}</p>
            </li>
          ))}
        </ol>
      </section>

      <section id="questions" aria-labelledby="questions-title">
        <h2 id="questions-title">{texts.questions.title}</h2>
        <p class="sub">{texts.questions.text}</p>
        <ul class="questions">
          {texts.questions.list.map((question) => (
            <li key={question}>
              <button type="button" onClick={() => onAsk(question)}>
                {question}
                <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                  <path d="M5 12h13M12.5 6l6 6-6 6" />
                </svg>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </main>
    <footer class="site-footer">
      {snippet}
      <p>{texts.footer}</p>
    </footer>
  </div>
)
