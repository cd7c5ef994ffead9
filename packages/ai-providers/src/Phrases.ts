/**
 * What a bot says in its own words, by language. A persona may replace any of it.
 *
 * @since 0.1.0
 */
import * as Languages from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import type { Spoken } from "@wicara/core/MessageTexts"
import { Schema } from "effect"
import type { SmallTalk } from "./Intent.ts"
import * as Language from "./Language.ts"
import type { PartialPhrases } from "./Persona.ts"

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
 * What bots say in their own words. An organization replaces any of it for all of its bots, a persona for one;
 * any of it may give the bot's `{name}`.
 *
 * @category texts
 * @since 0.1.0
 */
export const phrases = MessageCatalogue.define("bots", {
  greeting: {
    description: "The answer to a greeting.",
    en: "Hello! I'm {name}. How can I help you?",
    id: "Halo! Saya {name}. Ada yang bisa saya bantu?",
    es: "¡Hola! Soy {name}. ¿En qué puedo ayudarle?",
    pt: "Olá! Sou {name}. Como posso ajudar?"
  },
  hello: {
    description: "A short hello before an answer.",
    en: "Hello!",
    id: "Halo!",
    es: "¡Hola!",
    pt: "Olá!"
  },
  thanks: {
    description: "The answer to thanks.",
    en: "You're welcome! If anything else comes up, just write.",
    id: "Sama-sama! Kalau ada yang lain, silakan tulis saja.",
    es: "¡De nada! Si necesita algo más, escríbanos.",
    pt: "De nada! Se precisar de mais alguma coisa, é só escrever."
  },
  farewell: {
    description: "The answer to a goodbye.",
    en: "Goodbye, and have a nice day!",
    id: "Sampai jumpa, semoga harinya menyenangkan!",
    es: "¡Hasta luego, que tenga un buen día!",
    pt: "Até logo, tenha um bom dia!"
  },
  acknowledgement: {
    description: "The answer to \"all right\".",
    en: "All right. If you need anything else, just write.",
    id: "Baik. Kalau perlu bantuan lagi, silakan tulis saja.",
    es: "De acuerdo. Si necesita algo más, escríbanos.",
    pt: "Certo. Se precisar de mais alguma coisa, é só escrever."
  },
  howAreYou: {
    description: "The answer to \"how are you\".",
    en: "I'm fine, thank you! How can I help you?",
    id: "Kabar baik, terima kasih! Ada yang bisa saya bantu?",
    es: "¡Muy bien, gracias! ¿En qué puedo ayudarle?",
    pt: "Tudo bem, obrigado! Como posso ajudar?"
  },
  identity: {
    description: "The answer to \"who are you\".",
    en: "I'm {name}, an automated assistant. If you would rather talk to a person, just say so.",
    id: "Saya {name}, asisten otomatis. Kalau ingin berbicara dengan petugas, katakan saja.",
    es: "Soy {name}, un asistente automático. Si prefiere hablar con una persona, dígamelo.",
    pt: "Sou {name}, um assistente automático. Se preferir falar com uma pessoa, é só dizer."
  },
  notCovered: {
    description: "The knowledge does not cover the question, which goes to people.",
    en: "I don't have a reliable answer to that, so I'm passing your question on to a colleague, who will reply here.",
    id:
      "Saya belum punya jawaban yang pasti, jadi pertanyaan Anda saya teruskan ke rekan kami yang akan membalas di sini.",
    es: "No tengo una respuesta segura, así que paso su pregunta a un compañero, que le responderá aquí.",
    pt: "Não tenho uma resposta segura, então vou passar sua pergunta a um colega, que responderá aqui."
  },
  partlyCovered: {
    description: "The knowledge covers a part: said after that part.",
    en: "The rest of your question I'm passing on to a colleague, who will reply here.",
    id: "Pertanyaan lainnya saya teruskan ke rekan kami yang akan membalas di sini.",
    es: "El resto de su pregunta lo paso a un compañero, que le responderá aquí.",
    pt: "O resto da sua pergunta vou passar a um colega, que responderá aqui."
  },
  handover: {
    description: "A person was asked for.",
    en: "Of course. I'm passing you on to a colleague, who will reply here.",
    id: "Baik. Percakapan ini saya teruskan ke rekan kami yang akan membalas di sini.",
    es: "Claro. Le paso con un compañero, que le responderá aquí.",
    pt: "Claro. Vou passar você a um colega, que responderá aqui."
  },
  unavailable: {
    description: "The bot can't answer now.",
    en: "I can't answer at the moment, so I'm passing you on to a colleague, who will reply here.",
    id:
      "Saat ini saya tidak bisa menjawab, jadi percakapan ini saya teruskan ke rekan kami yang akan membalas di sini.",
    es: "Ahora no puedo responder, así que le paso con un compañero, que le responderá aquí.",
    pt: "No momento não consigo responder, então vou passar você a um colega, que responderá aqui."
  },
  unreadable: {
    description: "The message has no words the bot could read: a voice note, a picture.",
    en: "I can only read text, so I'm passing your message on to a colleague, who will reply here.",
    id: "Saya hanya bisa membaca teks, jadi pesan Anda saya teruskan ke rekan kami yang akan membalas di sini.",
    es: "Solo puedo leer texto, así que paso su mensaje a un compañero, que le responderá aquí.",
    pt: "Só consigo ler texto, então vou passar sua mensagem a um colega, que responderá aqui."
  },
  offTopic: {
    description: "The question has nothing to do with the business.",
    en:
      "I can only help with questions about our own products and services. Is there something about them you would like to know?",
    id: "Saya hanya bisa membantu pertanyaan tentang produk dan layanan kami. Ada yang ingin Anda ketahui tentang itu?",
    es:
      "Solo puedo ayudarle con preguntas sobre nuestros productos y servicios. ¿Hay algo que desee saber sobre ellos?",
    pt: "Só posso ajudar com perguntas sobre nossos produtos e serviços. Há algo que gostaria de saber sobre eles?"
  },
  clarify: {
    description: "The bot asks back.",
    en: "I want to get this right. Could you tell me in a sentence what you would like to know?",
    id: "Agar tidak salah, bisakah Anda jelaskan dalam satu kalimat apa yang ingin Anda ketahui?",
    es: "Quiero entenderle bien. ¿Puede decirme en una frase qué desea saber?",
    pt: "Quero entender bem. Pode me dizer em uma frase o que gostaria de saber?"
  },
  didYouMean: {
    description: "Followed by a list of what may be meant.",
    en: "I want to get this right. Do you mean:",
    id: "Agar tidak salah, apakah maksud Anda:",
    es: "Quiero entenderle bien. ¿Se refiere a:",
    pt: "Quero entender bem. Você quer dizer:"
  }
}, { everywhere: ["name"] })

/**
 * The sentences in a language, with a persona's own in place of what is said otherwise: the organization's texts, or
 * those that come with the server. English for a language that has none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const forLanguage = (
  tag: string | undefined | null,
  own: Readonly<Record<string, PartialPhrases>> | undefined,
  name: string,
  spoken?: Spoken<typeof phrases.messages>
): Phrases => {
  const language = spoken?.language ?? Language.fromTag(tag) ?? "en"
  const textOf = (key: keyof Phrases) =>
    spoken?.texts[key] ?? phrases.messages[key][Languages.isComplete(language) ? language : "en"]
  const replaced: Readonly<Partial<Record<string, string>>> = own?.[tag ?? ""] ?? own?.[language] ?? {}
  const say = (key: keyof Phrases) => MessageCatalogue.render(replaced[key] ?? textOf(key), language, { name })
  return {
    greeting: say("greeting"),
    hello: say("hello"),
    thanks: say("thanks"),
    farewell: say("farewell"),
    acknowledgement: say("acknowledgement"),
    howAreYou: say("howAreYou"),
    identity: say("identity"),
    notCovered: say("notCovered"),
    partlyCovered: say("partlyCovered"),
    handover: say("handover"),
    unavailable: say("unavailable"),
    unreadable: say("unreadable"),
    offTopic: say("offTopic"),
    clarify: say("clarify"),
    didYouMean: say("didYouMean")
  }
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
