/**
 * Message ids as WAHA writes them, and the one form that is stored.
 *
 * WAHA writes one message's id in several ways: `{true|false}_{chat}_{ID}`, with `_{participant}` in groups, with the
 * chat once as `@lid` and once as `@c.us`, and as the bare `{ID}` in quotes, edits and revocations. Only `{ID}` is the
 * same everywhere, so **the bare id is the canonical form**: it is what the adapter returns from a send, reserves, and
 * puts in every decoded event. The full form is built again where the API asks for one.
 *
 * @since 0.1.0
 */

/**
 * The parts of an id, as far as it names them.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageId {
  /** The `{ID}` part: the canonical form. */
  readonly bare: string
  readonly fromMe?: boolean
  readonly chatId?: string
  readonly participant?: string
}

// Provider ids are stored in keyed columns of 190 characters; a longer one is not a WhatsApp id.
const maxLength = 190
// Checked before the pattern runs, so that no id from outside can make it slow.
const maxFullLength = 512

const full = /^(true|false)_([^_]*@[^_]+)_([^_]+)(?:_(.+))?$/

/**
 * Reads an id in any of its forms; `undefined` when there is none.
 *
 * @category conversions
 * @since 0.1.0
 */
export const parse = (value: string | undefined): MessageId | undefined => {
  if (value === undefined || value === "" || value.length > maxFullLength) return undefined
  const match = full.exec(value)
  const bare = match?.[3] ?? value
  if (bare.length > maxLength) return undefined
  if (match === null) return { bare }
  const [, fromMe, chatId, , participant] = match
  return {
    bare,
    fromMe: fromMe === "true",
    ...(chatId === undefined ? {} : { chatId }),
    // The `_in` and `_out` that browser engines append in the chat with oneself name no participant.
    ...(participant === undefined || !participant.includes("@") ? {} : { participant })
  }
}

/**
 * The canonical form of an id.
 *
 * @category conversions
 * @since 0.1.0
 */
export const canonical = (value: string | undefined): string | undefined => parse(value)?.bare

/**
 * The full form, which the API asks for where it acts on a message.
 *
 * @category conversions
 * @since 0.1.0
 */
export const serialize = (id: {
  readonly bare: string
  readonly fromMe: boolean
  readonly chatId: string
  readonly participant?: string | undefined
}): string => `${id.fromMe}_${id.chatId}_${id.bare}${id.participant === undefined ? "" : `_${id.participant}`}`
