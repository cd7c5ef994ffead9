/**
 * What an adapter says of itself agrees with what it is.
 *
 * @since 0.1.0
 */
import { Effect, Exit, Option, Schema } from "effect"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { Law } from "./ChannelLaw.ts"
import { holds, law, leaves, show } from "./ChannelLaw.ts"

const agreement = law(
  "declaration.flags",
  "its flags agree with its functions and limits",
  Effect.fnUntraced(function*({ adapter }) {
    const { capabilities } = adapter
    const { content, maxButtons, maxListRows, maxTextLength, messagesPerSecond, reconcile } = capabilities
    yield* holds(/^[a-z][a-z0-9_]{0,63}$/.test(adapter.id), "its id is a short name in small letters", adapter.id)
    yield* holds(content.has("text"), "it can send texts: every fallback is one")
    yield* holds(Number.isSafeInteger(maxTextLength) && maxTextLength >= 1, "maxTextLength is a length", maxTextLength)
    yield* holds(content.has("buttons") === maxButtons > 0, "it has buttons if it may send some", maxButtons)
    yield* holds(content.has("list") === maxListRows > 0, "it has lists if they may have rows", maxListRows)
    yield* holds(messagesPerSecond > 0, "it may send something in a second", messagesPerSecond)
    yield* holds(
      (reconcile === "message_id") === (adapter.reserveMessageId !== undefined && adapter.reconcile !== undefined),
      "`reconcile: message_id` goes with `reserveMessageId` and `reconcile`, and nothing else does",
      reconcile
    )
    yield* holds(capabilities.reactions === (adapter.react !== undefined), "`reactions` goes with `react`")
    const acts = [...capabilities.actions ?? []].some((action) => action !== "forward")
    yield* holds(acts === (adapter.act !== undefined), "`actions` goes with `act`")
    yield* holds(
      capabilities.editWithin === undefined || capabilities.actions?.has("edit") === true,
      "`editWithin` goes with the action `edit`"
    )
    yield* holds(capabilities.readReceipts === (adapter.markRead !== undefined), "`readReceipts` goes with `markRead`")
    yield* holds(
      !capabilities.typing || adapter.typing !== undefined || adapter.markRead !== undefined,
      "`typing` goes with `typing` or `markRead`"
    )
  })
)

/**
 * The texts in an account's secrets as they are stored; none where they could not be.
 *
 * @category getters
 * @since 0.1.0
 */
export const secretsOf = (adapter: AnyChannelAdapter, account: Account<unknown, unknown>): ReadonlyArray<string> =>
  leaves(Option.getOrUndefined(Schema.encodeUnknownOption(Schema.toCodecJson(adapter.secrets))(account.secrets)))
    .filter((one) => one !== "")

const stored = law(
  "declaration.account",
  "its settings and secrets survive being stored, and an account shows no secret",
  Effect.fnUntraced(function*({ adapter, harness }) {
    for (const { account } of harness.accounts) {
      for (
        const [name, schema, value] of [
          ["settings", adapter.settings, account.settings],
          ["secrets", adapter.secrets, account.secrets]
        ] as const
      ) {
        const codec = Schema.toCodecJson(schema)
        const once = yield* Effect.exit(Schema.encodeUnknownEffect(codec)(value))
        yield* holds(Exit.isSuccess(once), `its ${name} can be stored`)
        if (Exit.isFailure(once)) return
        const again = yield* Effect.exit(
          Effect.flatMap(Schema.decodeUnknownEffect(codec)(once.value), Schema.encodeUnknownEffect(codec))
        )
        yield* holds(
          Exit.isSuccess(again) && show(again.value) === show(once.value),
          `its ${name} are the same after they were stored`
        )
      }
      const secrets = secretsOf(adapter, account)
      yield* holds(secrets.every((secret) => !show(account).includes(secret)), "an account shows no secret")
    }
    const keys = harness.accounts.map(({ account }) => adapter.accountKey?.(account.settings))
    for (const key of keys) {
      yield* holds(key === undefined || (key.length > 0 && key.length <= 190), "accountKey is a text of 1 to 190", key)
    }
    yield* holds(keys[0] === undefined || keys[0] !== keys[1], "two accounts have two account keys", keys)
  })
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [agreement, stored]
