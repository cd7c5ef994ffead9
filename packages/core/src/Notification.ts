/**
 * The port to notifications: what people are told of what happens, each in their own language and by the channels that
 * they chose. A package says which kinds it has and when one happens; who gets it where is the business of whoever
 * provides the layer (`@wicara/notifications`).
 *
 * A notification is part of the change that it tells of: it is written in the caller's transaction, or not at all.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option, Schema } from "effect"
import type { Language } from "./Languages.ts"
import type * as MessageCatalogue from "./MessageCatalogue.ts"
import type { Permission } from "./Permissions.ts"
import type { Resource, TeamId } from "./Scope.ts"
import type { CurrentOrganization, UserId } from "./Tenancy.ts"

/**
 * When a notification is mailed: at once, with what else came in the hour or the day, or not at all.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EmailFrequency = Schema.Literals(["at_once", "hourly", "daily", "off"])
/** @since 0.1.0 */
export type EmailFrequency = typeof EmailFrequency.Type

/**
 * Where somebody is told of a kind.
 *
 * @category models
 * @since 0.1.0
 */
export const NotificationChannels = Schema.Struct({
  inApp: Schema.Boolean.annotate({ description: "In the console." }),
  email: EmailFrequency,
  push: Schema.Boolean.annotate({ description: "On the devices that they registered." })
}).annotate({ identifier: "NotificationChannels" })
/** @since 0.1.0 */
export type NotificationChannels = typeof NotificationChannels.Type

/**
 * A notification as it is shown.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotificationContent {
  readonly title: string
  readonly body: string
  /** A path of the console: `/conversations`. */
  readonly path: string
}

/**
 * A kind of notification. It is contravariant in what it is made of: a list of kinds has the type
 * `ReadonlyArray<NotificationDefinition>`.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotificationDefinition<Kind extends string = string, Values = never> {
  /** Snake case: `conversation_waiting`. Never change it once released. */
  readonly kind: Kind
  /** The catalogue with what it says, in every complete language. */
  readonly texts: MessageCatalogue.Catalogue
  /** What it tells of, for who chooses how to be told. */
  readonly name: (voice: MessageCatalogue.Voice) => string
  /** Where it is told unless somebody chose otherwise. */
  readonly channels: NotificationChannels
  /** What somebody must hold to get it, and still when it is read or sent; null: whoever it is for. */
  readonly permission: Permission | null
  /** Whether it concerns the safety of an account or an organization: its mail can't be switched off, nor put off. */
  readonly security: boolean
  /** The values as they are stored. */
  readonly encode: (values: Values) => string
  /** What it says; none when what is stored was written by a version that can't be read any more. */
  readonly render: (stored: string, voice: MessageCatalogue.Voice) => Option.Option<NotificationContent>
}

/** The message that says what a kind tells of: it has neither places nor forms. */
type Named<Kind extends string> = Readonly<Record<Kind, Readonly<Record<Language, string>>>>

/**
 * @category constructors
 * @since 0.1.0
 * @example
 * const texts = MessageCatalogue.define("club-notifications", {
 *   member_joined: { en: "Somebody joined", id: "Seseorang bergabung", es: "Alguien se unió", pt: "Alguém entrou" },
 *   member_joined_title: { en: "{name} joined", id: "{name} bergabung", es: "{name} se unió", pt: "{name} entrou" }
 * })
 * const joined = Notification.define("member_joined", {
 *   texts,
 *   values: Schema.Struct({ name: Schema.String }),
 *   title: (say, { name }) => say("member_joined_title", { name }),
 *   path: () => "/settings/members"
 * })
 */
export const define = <
  const Kind extends string,
  Values extends Schema.ConstraintCodec<unknown, unknown>,
  D extends MessageCatalogue.Definitions & Named<Kind>
>(
  kind: Kind,
  definition: {
    /** A catalogue in which the message of the kind's own name says what it tells of. */
    readonly texts: MessageCatalogue.Catalogue<string, D>
    /** Plain facts; never a secret. They are kept as long as the notification. */
    readonly values: Values
    readonly title: (say: MessageCatalogue.Say<D>, values: Values["Type"]) => string
    readonly body?: ((say: MessageCatalogue.Say<D>, values: Values["Type"]) => string) | undefined
    /** The page of the console about it. */
    readonly path: (values: Values["Type"]) => string
    readonly channels?: Partial<NotificationChannels> | undefined
    readonly permission?: Permission | undefined
    readonly security?: boolean | undefined
  }
): NotificationDefinition<Kind, Values["Type"]> => {
  const Stored = Schema.fromJsonString(Schema.toCodecJson(definition.values))
  const encode = Schema.encodeSync(Stored) as (values: Values["Type"]) => string
  const decode = Schema.decodeUnknownOption(Stored) as (stored: string) => Option.Option<Values["Type"]>
  const security = definition.security ?? false
  const named: MessageCatalogue.Catalogue<string, Named<string>> = {
    ...definition.texts,
    messages: { [kind]: definition.texts.messages[kind] }
  }
  return {
    kind,
    texts: definition.texts,
    name: (voice) => voice(named)(kind),
    channels: { inApp: true, email: security ? "at_once" : "off", push: false, ...definition.channels },
    permission: definition.permission ?? null,
    security,
    encode,
    render: (stored, voice) =>
      Option.map(decode(stored), (values): NotificationContent => {
        const say = voice(definition.texts)
        return {
          title: definition.title(say, values),
          body: definition.body?.(say, values) ?? "",
          path: definition.path(values)
        }
      })
  }
}

/**
 * Who is told: people by name, all who hold a permission for what it is about, or a team. Of these only active members
 * who may get the kind.
 *
 * @category models
 * @since 0.1.0
 */
export type NotificationRecipients =
  | { readonly _tag: "Users"; readonly userIds: ReadonlyArray<UserId> }
  | { readonly _tag: "Holders"; readonly permission: Permission }
  | { readonly _tag: "Team"; readonly teamId: TeamId }

/**
 * @category models
 * @since 0.1.0
 */
export interface NewNotification<Values> {
  readonly to: NotificationRecipients
  readonly values: Values
  /** What happened, by a name that nothing else of the kind has: it is told once, however often it is asked for. */
  readonly dedupeKey: string
  /** What it is about, for permissions that somebody holds for some things only. */
  readonly resource?: Resource | undefined
  /** Who did it themselves, and knows. */
  readonly except?: UserId | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Notifier extends Context.Service<Notifier, {
  /** Writes a notification in the ambient transaction, or in one of its own. */
  readonly notify: <Values>(
    definition: NotificationDefinition<string, Values>,
    notification: NewNotification<Values>
  ) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/core/Notification/Notifier") {
  /**
   * For a server that tells nobody.
   *
   * @since 0.1.0
   */
  static readonly layerNone: Layer.Layer<Notifier> = Layer.succeed(
    Notifier,
    Notifier.of({ notify: () => Effect.void })
  )
}
