/**
 * Mail over SMTP (RFC 5321), with STARTTLS or TLS.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Option, Redacted } from "effect"
import type { Duration } from "effect"
import MailComposer from "nodemailer/lib/mail-composer"
import SMTPConnection from "nodemailer/lib/smtp-connection"
import { Readable } from "node:stream"
import { MailTransport } from "./MailTransport.ts"
import type { MailOutcome, OutgoingMail } from "./MailTransport.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface SmtpOptions {
  /**
   * `smtp://user:password@host:port` (STARTTLS when the server has it; always, when there is a password and the server is
   * another machine; never on this machine) or `smtps://...` (TLS from the start). Certificates are always verified.
   */
  readonly url: Redacted.Redacted<string>
  readonly from: { readonly name: string | null; readonly address: string }
  /** The password instead of the one in the URL, asked for every message. */
  readonly password?: Effect.Effect<Redacted.Redacted<string>, { readonly message: string }> | undefined
  /** Whether TLS is required of the server whether or not there is a password, unless it is this machine. */
  readonly requireTls?: boolean | undefined
  /** How long one message may take (1 minute). */
  readonly timeout?: Duration.Input | undefined
}

interface SmtpError {
  readonly message: string
  readonly code?: string | undefined
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
}

const isLoopback = (host: string) => /^(localhost|127\.|\[?::1\]?$)/.test(host)

const settingsOf = (text: string, requireTls: boolean) => {
  const url = new URL(text)
  const secure = url.protocol === "smtps:"
  const user = decodeURIComponent(url.username)
  const host = url.hostname.replace(/^\[|\]$/g, "")
  return {
    auth: user === "" ? undefined : { user, pass: decodeURIComponent(url.password) },
    connection: {
      host,
      port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
      secure,
      requireTLS: !secure && (requireTls || user !== "") && !isLoopback(host),
      // Between two processes of one machine nobody listens, and the server has no certificate that anybody signed.
      ignoreTLS: !secure && isLoopback(host),
      connectionTimeout: 15_000,
      greetingTimeout: 15_000,
      socketTimeout: 45_000
    }
  }
}

/** The message's bytes; `begun` turns true when the mail server has asked for them. */
const contentOf = (bytes: Buffer) => {
  const state = { begun: false }
  const stream = new Readable({
    read() {
      state.begun = true
      this.push(bytes)
      this.push(null)
    }
  })
  return { state, stream }
}

const compose = (mail: OutgoingMail): Effect.Effect<Buffer, Error> =>
  Effect.callback((resume) => {
    const address = ({ address, name }: OutgoingMail["to"]) => ({ name: name ?? "", address })
    new MailComposer({
      from: address(mail.from),
      to: address(mail.to),
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: mail.messageId,
      headers: { "Content-Language": mail.locale, "Auto-Submitted": "auto-generated" },
      disableFileAccess: true,
      disableUrlAccess: true
    }).compile().build((error, message) => resume(error == null ? Effect.succeed(message!) : Effect.fail(error)))
  })

const wordsOf = (error: SmtpError): string =>
  (error.response ?? error.message).replace(/\s+/g, " ").trim().slice(0, 300)

const outcomeOf = (error: SmtpError, begun: boolean): MailOutcome => {
  const reason = wordsOf(error)
  if (error.responseCode !== undefined) {
    // That a server refuses this one's password says nothing about the message.
    if (error.code === "EAUTH" || error.responseCode < 500) return { _tag: "Retryable", reason }
    return { _tag: "Rejected", reason }
  }
  if (begun) return { _tag: "Unknown", reason: `The mail server did not say whether it took the message: ${reason}` }
  return error.code === "EENVELOPE" ? { _tag: "Rejected", reason } : { _tag: "Retryable", reason }
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: SmtpOptions): Layer.Layer<MailTransport> => {
  const { auth, connection: settings } = settingsOf(Redacted.value(options.url), options.requireTls === true)
  const timeout = options.timeout ?? "1 minute"

  const connect = Effect.acquireRelease(
    Effect.sync(() => new SMTPConnection(settings)),
    (connection) => Effect.sync(() => connection.close())
  ).pipe(Effect.tap(Effect.fnUntraced(function*(connection) {
    const pass = options.password === undefined ? auth?.pass ?? "" : Redacted.value(yield* options.password)
    yield* Effect.callback<void, SmtpError>((resume) => {
      connection.on("error", (error: SmtpError) => resume(Effect.fail(error)))
      connection.connect((error) => {
        if (error != null) return resume(Effect.fail(error))
        if (auth === undefined) return resume(Effect.void)
        connection.login({ user: auth.user, pass }, (error) => resume(error == null ? Effect.void : Effect.fail(error)))
      })
    })
  })))

  const deliver = Effect.fnUntraced(function*(mail: OutgoingMail, content: ReturnType<typeof contentOf>) {
    const connection = yield* connect
    yield* Effect.callback<void, SmtpError>((resume) => {
      connection.on("error", (error: SmtpError) => resume(Effect.fail(error)))
      connection.once("end", () => resume(Effect.fail({ message: "The connection was closed." })))
      connection.send(
        { from: mail.from.address, to: [mail.to.address] },
        content.stream,
        (error) => resume(error == null ? Effect.void : Effect.fail(error))
      )
    })
    yield* Effect.sync(() => connection.quit())
  })

  return Layer.succeed(
    MailTransport,
    MailTransport.of({
      server: Option.some({
        from: options.from,
        send: Effect.fn("SmtpTransport.send")(function*(mail) {
          const composed = yield* Effect.result(compose(mail))
          if (composed._tag === "Failure") return { _tag: "Rejected", reason: composed.failure.message } as const
          const content = contentOf(composed.success)
          return yield* Effect.scoped(deliver(mail, content)).pipe(
            Effect.as<MailOutcome>({ _tag: "Accepted" }),
            Effect.timeoutOrElse({
              duration: timeout,
              orElse: () => Effect.fail<SmtpError>({ message: "No answer in time." })
            }),
            Effect.catch((error) => Effect.succeed(outcomeOf(error, content.state.begun)))
          )
        }),
        check: Effect.scoped(Effect.andThen(connect, Effect.succeed(`${settings.host}:${settings.port}`))).pipe(
          Effect.timeoutOrElse({
            duration: timeout,
            orElse: () => Effect.fail<SmtpError>({ message: "No answer in time." })
          }),
          Effect.mapError(wordsOf)
        )
      })
    })
  )
}

/**
 * For a server without a mail server.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNone: Layer.Layer<MailTransport> = Layer.succeed(MailTransport, { server: Option.none() })
