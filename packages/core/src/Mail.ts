/**
 * The port to e-mail: what a message says is a kind with typed values, in the recipient's language; what it looks like
 * and how it travels is the business of whoever provides the layer (`@wicara/notifications`).
 *
 * A message is part of the change that it tells of: it is appended in the caller's transaction and sent after the
 * commit, or not at all. What must not be read by who reads the database (the link that proves who one is) is in
 * `secrets`: a layer that stores messages seals it (`Secrets`) and forgets it when the message has been sent.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Ref } from "effect"
import type { DateTime, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type * as MessageCatalogue from "./MessageCatalogue.ts"
import type { OrganizationId, UserId } from "./Tenancy.ts"

/**
 * A kind of message: its template's name and what the template has to fill in.
 *
 * @category models
 * @since 0.1.0
 */
export interface MailDefinition<
  Kind extends string = string,
  Values extends Schema.ConstraintCodec<unknown, unknown> = Schema.ConstraintCodec<unknown, unknown>,
  Name extends string = string
> {
  /** Snake case: `reset_password`. Never change it once released: organizations have templates of their own for it. */
  readonly kind: Kind
  /** Plain facts; never a secret. */
  readonly values: Values
  /** The names of the texts that nobody but the recipient may read: `link`. */
  readonly secrets: ReadonlyArray<Name>
  /**
   * What it says as long as nobody replaced it: the messages `<kind>_subject` and `<kind>_body`. A value that is one of
   * a few literals has its words in `<kind>_<field>_<value>`.
   */
  readonly texts: MessageCatalogue.Catalogue
}

/**
 * The messages that a kind can't do without.
 *
 * @category models
 * @since 0.1.0
 */
export type MailMessages<Kind extends string> = Readonly<
  Record<`${Kind}_subject` | `${Kind}_body`, MessageCatalogue.Definition>
>

/**
 * A kind whose text is missing does not compile.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const texts = MessageCatalogue.define("club-mail", { joined_subject: { en, id, es, pt }, joined_body: { en, id, es, pt } }, { use: "mail" })
 * const joined = Mail.define("joined", { texts, values: Schema.Struct({ club: Schema.String }), secrets: ["link"] })
 */
export const define = <
  const Kind extends string,
  Values extends Schema.ConstraintCodec<unknown, unknown>,
  D extends MessageCatalogue.Definitions & MailMessages<Kind>,
  const Name extends string = never
>(
  kind: Kind,
  definition: {
    readonly texts: MessageCatalogue.Catalogue<string, D>
    readonly values: Values
    readonly secrets?: ReadonlyArray<Name>
  }
): MailDefinition<Kind, Values, Name> => ({
  kind,
  values: definition.values,
  secrets: definition.secrets ?? [],
  texts: definition.texts
})

/**
 * Who a message is for.
 *
 * @category models
 * @since 0.1.0
 */
export interface MailRecipient {
  readonly email: string
  /** As they are addressed; null if unknown. */
  readonly name: string | null
  /** Their account; null for somebody who has none (yet). */
  readonly userId: UserId | null
}

/**
 * One message of a kind.
 *
 * @category models
 * @since 0.1.0
 */
export interface MailMessage<Values = unknown, Name extends string = string> {
  /** Whose message it is, and so whose templates and sender apply; null for the account of a person. */
  readonly organizationId: OrganizationId | null
  readonly to: MailRecipient
  /** BCP 47; a layer takes the nearest language it has. */
  readonly locale: string
  readonly values: Values
  readonly secrets: Readonly<Record<Name, Redacted.Redacted<string>>>
  /** After this it is worthless, and no longer sent; absent: it is always worth sending. */
  readonly expiresAt?: DateTime.Utc | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Mail extends Context.Service<Mail, {
  /** Appends a message within the ambient transaction; it is sent once that has committed. */
  readonly send: <Kind extends string, Values extends Schema.ConstraintCodec<unknown, unknown>, Name extends string>(
    definition: MailDefinition<Kind, Values, Name>,
    message: MailMessage<Values["Type"], Name>
  ) => Effect.Effect<void>
}>()("@wicara/core/Mail") {
  /**
   * For a server without a mail server: what it would have sent is a warning in the log, without what the message says.
   *
   * @since 0.1.0
   */
  static readonly layerNone: Layer.Layer<Mail> = Layer.succeed(
    Mail,
    Mail.of({
      send: ({ kind }) => Effect.logWarning(`A "${kind}" message was not sent: no mail server is configured`)
    })
  )

  /**
   * Keeps what was sent in `SentMail`, once its transaction has committed.
   *
   * @since 0.1.0
   */
  static readonly layerTest: Layer.Layer<Mail | SentMail, never, SqlClient.SqlClient> = Layer.effectContext(
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const sent = yield* Ref.make<ReadonlyArray<Sent>>([])
      const mail = Mail.of({
        send: ({ kind }, message) => sql.afterCommit(Ref.update(sent, (before) => [...before, { kind, message }]))
      })
      return Context.make(Mail, mail).pipe(Context.add(
        SentMail,
        SentMail.of({
          to: (email) => Effect.map(Ref.get(sent), (all) => all.filter(({ message }) => message.to.email === email))
        })
      ))
    })
  )
}

/**
 * A message that `layerTest` kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sent {
  readonly kind: string
  readonly message: MailMessage
}

/**
 * What `layerTest` kept.
 *
 * @category services
 * @since 0.1.0
 */
export class SentMail extends Context.Service<SentMail, {
  /** What was sent to an address, in order. */
  readonly to: (email: string) => Effect.Effect<ReadonlyArray<Sent>>
}>()("@wicara/core/Mail/SentMail") {}
