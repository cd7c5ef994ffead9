/**
 * Mail as it is configured: its queue, its templates and the way to the mail server.
 *
 * @since 0.1.0
 */
import { layerMail, MailQueue } from "@wicara/notifications/MailQueue"
import { MailTemplates } from "@wicara/notifications/MailTemplates"
import * as SmtpTransport from "@wicara/notifications/SmtpTransport"
import { Effect, FileSystem, Layer, Option, Redacted } from "effect"
import * as Credentials from "./Credentials.ts"
import { mayBePlain, ServerConfig } from "./ServerConfig.ts"

const mailbox = (text: string) => {
  const [, name, address] = /^(.+) <(.+)>$/.exec(text) ?? []
  return name === undefined || address === undefined ? { name: null, address: text } : { name: name.trim(), address }
}

/**
 * The way to the mail server.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTransport = Layer.unwrap(Effect.gen(function*() {
  const { mailFrom, plainHosts, smtpPasswordFile, smtpUrl } = yield* ServerConfig
  if (Option.isNone(smtpUrl) || Option.isNone(mailFrom)) return SmtpTransport.layerNone
  const fs = yield* FileSystem.FileSystem
  const password = Option.map(
    smtpPasswordFile,
    (file) => Effect.provideService(Credentials.password(file), FileSystem.FileSystem, fs)
  )
  return SmtpTransport.layer({
    url: smtpUrl.value,
    from: mailbox(mailFrom.value),
    password: Option.getOrUndefined(password),
    requireTls: !mayBePlain(plainHosts, new URL(Redacted.value(smtpUrl.value)).hostname)
  })
}))

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.mergeAll(layerMail, MailTemplates.layerSql, layerTransport).pipe(
  Layer.provideMerge(MailQueue.layerSql)
)
