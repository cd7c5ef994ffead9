import type { JSX } from "preact"
import { useState } from "preact/hooks"
import type { Entry } from "../Entries.ts"
import type { Content } from "../Contract.ts"
import { parse } from "../RichText.ts"
import type { Part } from "../RichText.ts"
import type { Texts } from "../Texts.ts"
import { FileIcon, ReadIcon, SentIcon, WaitingIcon } from "./Icons.tsx"

export interface Picked {
  readonly type: "button" | "list"
  readonly id: string
  readonly title: string
}

/** Only these ever become an address in the page. */
const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url)

const Parts = ({ parts, texts }: { readonly parts: ReadonlyArray<Part>; readonly texts: Texts }): JSX.Element => (
  <>
    {parts.map((part) => {
      switch (part.type) {
        case "text":
          return part.text
        case "link":
          return (
            <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
              {part.href.startsWith("mailto:") ? null : <span class="vh">({texts.opensInNewTab})</span>}
            </a>
          )
        case "strong":
          return (
            <strong>
              <Parts parts={part.parts} texts={texts} />
            </strong>
          )
        case "em":
          return (
            <em>
              <Parts parts={part.parts} texts={texts} />
            </em>
          )
        case "del":
          return (
            <del>
              <Parts parts={part.parts} texts={texts} />
            </del>
          )
        case "code":
          return (
            <code>
              <Parts parts={part.parts} texts={texts} />
            </code>
          )
      }
    })}
  </>
)

const Words = ({ text, texts }: { readonly text: string; readonly texts: Texts }) => (
  <span dir="auto">
    <Parts parts={parse(text)} texts={texts} />
  </span>
)

const mediaUrl = (content: Content, resolve: (url: string) => string): string | undefined => {
  if (!("media" in content) || content.media.source.type !== "url") return undefined
  const url = resolve(content.media.source.url)
  return isWebAddress(url) ? url : undefined
}

/** A picture, or where it can't be shown (the site's policy, a file that is gone), its name to open it by. */
const Picture = ({ name, texts, url }: { readonly url: string; readonly name: string; readonly texts: Texts }) => {
  const [broken, setBroken] = useState(false)
  return (
    <a class={broken ? "file" : undefined} href={url} target="_blank" rel="noopener noreferrer nofollow">
      {broken
        ? (
          <>
            <FileIcon />
            {name}
          </>
        )
        : (
          <img
            class="media"
            src={url}
            alt={name}
            loading="lazy"
            referrerpolicy="no-referrer"
            onError={() => setBroken(true)}
          />
        )}
      <span class="vh">({texts.opensInNewTab})</span>
    </a>
  )
}

const Said = ({ content, resolve, texts }: {
  readonly content: Content
  readonly resolve: (url: string) => string
  readonly texts: Texts
}): JSX.Element => {
  switch (content.type) {
    case "text":
      return <Words text={content.text} texts={texts} />
    case "button_reply":
    case "list_reply":
      return <span dir="auto">{content.title}</span>
    case "image": {
      const url = mediaUrl(content, resolve)
      return (
        <>
          {url === undefined
            ? null
            : <Picture url={url} name={content.caption ?? content.media.fileName ?? texts.image} texts={texts} />}
          {content.caption === undefined ? null : <Words text={content.caption} texts={texts} />}
        </>
      )
    }
    case "video":
    case "audio":
    case "document": {
      const url = mediaUrl(content, resolve)
      const name = content.media.fileName ?? texts.attachment
      return (
        <>
          {url === undefined
            ? (
              <span class="file">
                <FileIcon />
                {name}
              </span>
            )
            : content.type === "video"
            ? <video class="media" src={url} controls preload="metadata" aria-label={name} />
            : content.type === "audio"
            ? <audio class="media" src={url} controls preload="metadata" aria-label={name} />
            : (
              <a class="file" href={url} target="_blank" rel="noopener noreferrer nofollow">
                <FileIcon />
                {name}
                <span class="vh">({texts.opensInNewTab})</span>
              </a>
            )}
          {"caption" in content && content.caption !== undefined
            ? (
              <span>
                <br />
                <Words text={content.caption} texts={texts} />
              </span>
            )
            : null}
        </>
      )
    }
    case "buttons":
    case "list":
    case "link_button":
      return (
        <>
          {content.header === undefined ? null : <h3>{content.header}</h3>}
          <Words text={content.body} texts={texts} />
          {content.footer === undefined ? null : <p class="foot">{content.footer}</p>}
        </>
      )
  }
}

const Choices = ({ content, enabled, onPick, texts }: {
  readonly content: Content
  readonly enabled: boolean
  readonly onPick: (picked: Picked) => void
  readonly texts: Texts
}) => {
  switch (content.type) {
    case "buttons":
      return (
        <div class="choices">
          {content.buttons.map(({ id, title }) => (
            <button
              type="button"
              class="choice"
              disabled={!enabled}
              onClick={() => onPick({ type: "button", id, title })}
            >
              {title}
            </button>
          ))}
        </div>
      )
    case "list":
      return (
        <div class="choices">
          {content.sections.map((section) => (
            <>
              {section.title === undefined ? null : <h4>{section.title}</h4>}
              {section.rows.map(({ description, id, title }) => (
                <button
                  type="button"
                  class="choice"
                  disabled={!enabled}
                  onClick={() => onPick({ type: "list", id, title })}
                >
                  {title}
                  {description === undefined ? null : <small>{description}</small>}
                </button>
              ))}
            </>
          ))}
        </div>
      )
    case "link_button":
      return isWebAddress(content.url)
        ? (
          <div class="choices">
            <a class="choice" href={content.url} target="_blank" rel="noopener noreferrer nofollow">
              {content.title}
              <span class="vh">({texts.opensInNewTab})</span>
            </a>
          </div>
        )
        : null
    default:
      return null
  }
}

const Ticks = ({ entry, online, read, texts }: {
  readonly entry: Entry
  readonly online: boolean
  readonly read: boolean
  readonly texts: Texts
}) => {
  const [icon, label] = entry.state === "waiting"
    ? [<WaitingIcon />, online ? texts.sending : texts.waiting]
    : read
    ? [<ReadIcon />, texts.read]
    : [<SentIcon />, texts.sent]
  return (
    <>
      {icon}
      <span class="vh">{label}</span>
    </>
  )
}

export const Bubble = (props: {
  readonly entry: Entry
  readonly texts: Texts
  readonly time: string
  /** Belongs to the message before it: same side, same minutes. */
  readonly joined: boolean
  /** The last of its group shows when it was. */
  readonly last: boolean
  readonly fresh: boolean
  readonly online: boolean
  readonly read: boolean
  /** The newest message, to which a choice still answers. */
  readonly answerable: boolean
  readonly resolve: (url: string) => string
  readonly onPick: (picked: Picked) => void
  readonly onRetry: () => void
  readonly onDiscard: () => void
}) => {
  const { entry, texts } = props
  return (
    <div class="row" data-from={entry.from} data-state={entry.state} data-joined={props.joined} data-new={props.fresh}>
      <span class="vh">{entry.from === "visitor" ? texts.you : texts.them}:</span>
      <div class="bubble">
        <Said content={entry.content} resolve={props.resolve} texts={texts} />
      </div>
      <Choices content={entry.content} enabled={props.answerable} onPick={props.onPick} texts={texts} />
      {entry.state === "failed"
        ? (
          <div class="meta problem" role="alert">
            {texts.failed} ·
            <button type="button" onClick={props.onRetry}>{texts.retry}</button>
            <button type="button" onClick={props.onDiscard}>{texts.discard}</button>
          </div>
        )
        : props.last || entry.state === "waiting"
        ? (
          <div class="meta">
            <time dateTime={new Date(entry.at).toISOString()}>{props.time}</time>
            {entry.from === "visitor"
              ? <Ticks entry={entry} online={props.online} read={props.read} texts={texts} />
              : null}
          </div>
        )
        : null}
    </div>
  )
}
