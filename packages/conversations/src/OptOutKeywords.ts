/**
 * The words with which customers stop and resume messages, as a whole message.
 *
 * @since 0.1.0
 */
import { Option } from "effect"

const stop = [
  // English
  "stop",
  "stop all",
  "stopall",
  "unsubscribe",
  "opt out",
  "optout",
  // Indonesian
  "berhenti",
  "berhenti berlangganan",
  "henti",
  // Spanish
  "baja",
  "darme de baja",
  "cancelar suscripcion",
  "detener",
  "no mas mensajes",
  // Portuguese
  "parar",
  "pare",
  "sair",
  "cancelar inscricao",
  "descadastrar"
]

const start = [
  "start",
  "unstop",
  "subscribe",
  "opt in",
  "optin",
  "mulai",
  "mulai berlangganan",
  "langganan",
  "alta",
  "suscribirme",
  "reanudar",
  "iniciar",
  "voltar",
  "assinar"
]

const words: ReadonlyMap<string, "stop" | "start"> = new Map([
  ...stop.map((word) => [word, "stop"] as const),
  ...start.map((word) => [word, "start"] as const)
])

/**
 * What the customer asks for when the message is one of these words and nothing else. Case, accents, punctuation and
 * white space don't matter; a sentence that contains a word does not count (`don't stop`).
 *
 * @category decisions
 * @since 0.1.0
 * @example
 * OptOutKeywords.match(" STOP! ") // => Option.some("stop")
 */
export const match = (text: string): Option.Option<"stop" | "start"> => {
  if (text.length > 60) return Option.none()
  const normalized = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
  return Option.fromUndefinedOr(words.get(normalized))
}
