/**
 * What a bot says in its own words, by language. A persona may replace any of it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { SmallTalk } from "./Intent.ts"
import * as Language from "./Language.ts"

/**
 * The sentences of one language. `{name}` is the bot's name.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Phrases = Schema.Struct({
  greeting: Schema.String,
  /** A short hello before an answer. */
  hello: Schema.String,
  thanks: Schema.String,
  farewell: Schema.String,
  acknowledgement: Schema.String,
  howAreYou: Schema.String,
  identity: Schema.String,
  /** The knowledge does not cover the question. */
  notCovered: Schema.String,
  /** It covers a part: said after that part. */
  partlyCovered: Schema.String,
  /** A person was asked for. */
  handover: Schema.String,
  /** The bot can't answer now. */
  unavailable: Schema.String,
  /** The message has no words the bot could read: a voice note, a picture. */
  unreadable: Schema.String,
  /** The question has nothing to do with the business. */
  offTopic: Schema.String,
  clarify: Schema.String,
  /** Followed by a list of what may be meant. */
  didYouMean: Schema.String
}).annotate({ identifier: "BotPhrases" })
/** @since 0.1.0 */
export type Phrases = typeof Phrases.Type

/**
 * Some of the sentences of a language, to replace the defaults.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PartialPhrases = Schema.Struct({
  greeting: Schema.optionalKey(Schema.String),
  hello: Schema.optionalKey(Schema.String),
  thanks: Schema.optionalKey(Schema.String),
  farewell: Schema.optionalKey(Schema.String),
  acknowledgement: Schema.optionalKey(Schema.String),
  howAreYou: Schema.optionalKey(Schema.String),
  identity: Schema.optionalKey(Schema.String),
  notCovered: Schema.optionalKey(Schema.String),
  partlyCovered: Schema.optionalKey(Schema.String),
  handover: Schema.optionalKey(Schema.String),
  unavailable: Schema.optionalKey(Schema.String),
  unreadable: Schema.optionalKey(Schema.String),
  offTopic: Schema.optionalKey(Schema.String),
  clarify: Schema.optionalKey(Schema.String),
  didYouMean: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "PartialBotPhrases" })
/** @since 0.1.0 */
export type PartialPhrases = typeof PartialPhrases.Type

/**
 * @category constants
 * @since 0.1.0
 */
export const defaults: Readonly<Record<Language.Language, Phrases>> = {
  en: {
    greeting: "Hello! I'm {name}. How can I help you?",
    hello: "Hello!",
    thanks: "You're welcome! If anything else comes up, just write.",
    farewell: "Goodbye, and have a nice day!",
    acknowledgement: "All right. If you need anything else, just write.",
    howAreYou: "I'm fine, thank you! How can I help you?",
    identity: "I'm {name}, an automated assistant. If you would rather talk to a person, just say so.",
    notCovered:
      "I don't have a reliable answer to that, so I'm passing your question on to a colleague, who will reply here.",
    partlyCovered: "The rest of your question I'm passing on to a colleague, who will reply here.",
    handover: "Of course. I'm passing you on to a colleague, who will reply here.",
    unavailable: "I can't answer at the moment, so I'm passing you on to a colleague, who will reply here.",
    unreadable: "I can only read text, so I'm passing your message on to a colleague, who will reply here.",
    offTopic:
      "I can only help with questions about our own products and services. Is there something about them you would like to know?",
    clarify: "I want to get this right. Could you tell me in a sentence what you would like to know?",
    didYouMean: "I want to get this right. Do you mean:"
  },
  id: {
    greeting: "Halo! Saya {name}. Ada yang bisa saya bantu?",
    hello: "Halo!",
    thanks: "Sama-sama! Kalau ada yang lain, silakan tulis saja.",
    farewell: "Sampai jumpa, semoga harinya menyenangkan!",
    acknowledgement: "Baik. Kalau perlu bantuan lagi, silakan tulis saja.",
    howAreYou: "Kabar baik, terima kasih! Ada yang bisa saya bantu?",
    identity: "Saya {name}, asisten otomatis. Kalau ingin berbicara dengan petugas, katakan saja.",
    notCovered:
      "Saya belum punya jawaban yang pasti, jadi pertanyaan Anda saya teruskan ke rekan kami yang akan membalas di sini.",
    partlyCovered: "Pertanyaan lainnya saya teruskan ke rekan kami yang akan membalas di sini.",
    handover: "Baik. Percakapan ini saya teruskan ke rekan kami yang akan membalas di sini.",
    unavailable:
      "Saat ini saya tidak bisa menjawab, jadi percakapan ini saya teruskan ke rekan kami yang akan membalas di sini.",
    unreadable: "Saya hanya bisa membaca teks, jadi pesan Anda saya teruskan ke rekan kami yang akan membalas di sini.",
    offTopic:
      "Saya hanya bisa membantu pertanyaan tentang produk dan layanan kami. Ada yang ingin Anda ketahui tentang itu?",
    clarify: "Agar tidak salah, bisakah Anda jelaskan dalam satu kalimat apa yang ingin Anda ketahui?",
    didYouMean: "Agar tidak salah, apakah maksud Anda:"
  },
  es: {
    greeting: "¡Hola! Soy {name}. ¿En qué puedo ayudarle?",
    hello: "¡Hola!",
    thanks: "¡De nada! Si necesita algo más, escríbanos.",
    farewell: "¡Hasta luego, que tenga un buen día!",
    acknowledgement: "De acuerdo. Si necesita algo más, escríbanos.",
    howAreYou: "¡Muy bien, gracias! ¿En qué puedo ayudarle?",
    identity: "Soy {name}, un asistente automático. Si prefiere hablar con una persona, dígamelo.",
    notCovered: "No tengo una respuesta segura, así que paso su pregunta a un compañero, que le responderá aquí.",
    partlyCovered: "El resto de su pregunta lo paso a un compañero, que le responderá aquí.",
    handover: "Claro. Le paso con un compañero, que le responderá aquí.",
    unavailable: "Ahora no puedo responder, así que le paso con un compañero, que le responderá aquí.",
    unreadable: "Solo puedo leer texto, así que paso su mensaje a un compañero, que le responderá aquí.",
    offTopic:
      "Solo puedo ayudarle con preguntas sobre nuestros productos y servicios. ¿Hay algo que desee saber sobre ellos?",
    clarify: "Quiero entenderle bien. ¿Puede decirme en una frase qué desea saber?",
    didYouMean: "Quiero entenderle bien. ¿Se refiere a:"
  },
  pt: {
    greeting: "Olá! Sou {name}. Como posso ajudar?",
    hello: "Olá!",
    thanks: "De nada! Se precisar de mais alguma coisa, é só escrever.",
    farewell: "Até logo, tenha um bom dia!",
    acknowledgement: "Certo. Se precisar de mais alguma coisa, é só escrever.",
    howAreYou: "Tudo bem, obrigado! Como posso ajudar?",
    identity: "Sou {name}, um assistente automático. Se preferir falar com uma pessoa, é só dizer.",
    notCovered: "Não tenho uma resposta segura, então vou passar sua pergunta a um colega, que responderá aqui.",
    partlyCovered: "O resto da sua pergunta vou passar a um colega, que responderá aqui.",
    handover: "Claro. Vou passar você a um colega, que responderá aqui.",
    unavailable: "No momento não consigo responder, então vou passar você a um colega, que responderá aqui.",
    unreadable: "Só consigo ler texto, então vou passar sua mensagem a um colega, que responderá aqui.",
    offTopic:
      "Só posso ajudar com perguntas sobre nossos produtos e serviços. Há algo que gostaria de saber sobre eles?",
    clarify: "Quero entender bem. Pode me dizer em uma frase o que gostaria de saber?",
    didYouMean: "Quero entender bem. Você quer dizer:"
  }
}

/**
 * The sentences for a language, with a persona's own in place of the defaults; English for a language that has none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const forLanguage = (
  tag: string | undefined | null,
  own: Readonly<Record<string, PartialPhrases>> | undefined,
  name: string
): Phrases => {
  const language = Language.fromTag(tag)
  const base = defaults[language ?? "en"]
  const replaced = own?.[tag ?? ""] ?? (language === undefined ? undefined : own?.[language]) ?? {}
  const merged: Record<string, string> = { ...base, ...replaced }
  return Object.fromEntries(
    Object.entries(merged).map(([key, value]) => [key, value.replaceAll("{name}", name)])
  ) as typeof base
}

/**
 * The reply to small talk.
 *
 * @category accessors
 * @since 0.1.0
 */
export const smallTalk = (talk: SmallTalk, phrases: Phrases): string => {
  switch (talk) {
    case "greeting":
      return phrases.greeting
    case "thanks":
      return phrases.thanks
    case "farewell":
      return phrases.farewell
    case "how_are_you":
      return phrases.howAreYou
    case "identity":
      return phrases.identity
    case "acknowledgement":
      return phrases.acknowledgement
  }
}
