/**
 * What problems of this package say in each language. They are told by their English words, and so a sentence here has
 * to be the one that is written where the problem arises.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"

/**
 * @category texts
 * @since 0.1.0
 */
export const details = MessageCatalogue.define("channels-widget-problem-details", {
  visitorToken: {
    en: "The visitor token is missing, expired or not from this server.",
    id: "Token pengunjung tidak ada, kedaluwarsa, atau bukan dari server ini.",
    es: "El token del visitante falta, caducó o no es de este servidor.",
    pt: "O token do visitante falta, expirou ou não é deste servidor."
  },
  foreignOrigin: {
    en: "\"{origin}\" is not among the widget's allowed origins.",
    id: "\"{origin}\" tidak termasuk asal yang diizinkan untuk widget ini.",
    es: "\"{origin}\" no está entre los orígenes permitidos del widget.",
    pt: "\"{origin}\" não está entre as origens permitidas do widget."
  },
  writingTooFast: {
    en: "You are writing faster than messages can be taken.",
    id: "Anda menulis lebih cepat dari yang dapat diterima.",
    es: "Escribe más rápido de lo que se pueden recibir mensajes.",
    pt: "Você escreve mais rápido do que as mensagens podem ser recebidas."
  },
  answerMissing: {
    en: "This has to be answered.",
    id: "Ini harus dijawab.",
    es: "Hay que responder a esto.",
    pt: "Isto precisa ser respondido."
  },
  answerEmail: {
    en: "This is not an e-mail address.",
    id: "Ini bukan alamat email.",
    es: "Esto no es una dirección de correo.",
    pt: "Isto não é um endereço de e-mail."
  },
  answerPhone: {
    en: "This is not a phone number.",
    id: "Ini bukan nomor telepon.",
    es: "Esto no es un número de teléfono.",
    pt: "Isto não é um número de telefone."
  },
  answerChoice: {
    en: "This is none of the choices.",
    id: "Ini bukan salah satu pilihan.",
    es: "Esto no es ninguna de las opciones.",
    pt: "Isto não é nenhuma das opções."
  },
  answerKind: {
    en: "This is another kind of answer.",
    id: "Ini jenis jawaban yang lain.",
    es: "Esto es otro tipo de respuesta.",
    pt: "Isto é outro tipo de resposta."
  },
  notAsked: {
    en: "The form does not ask this.",
    id: "Formulir tidak menanyakan ini.",
    es: "El formulario no pregunta esto.",
    pt: "O formulário não pergunta isto."
  },
  consentMissing: {
    en: "The form asks for consent.",
    id: "Formulir meminta persetujuan.",
    es: "El formulario pide el consentimiento.",
    pt: "O formulário pede o consentimento."
  },
  formFirst: {
    en: "The form has to be answered before the first message.",
    id: "Formulir harus dijawab sebelum pesan pertama.",
    es: "Hay que responder al formulario antes del primer mensaje.",
    pt: "O formulário precisa ser respondido antes da primeira mensagem."
  },
  noFilesHere: {
    en: "This widget takes no files.",
    id: "Widget ini tidak menerima berkas.",
    es: "Este widget no admite archivos.",
    pt: "Este widget não aceita arquivos."
  },
  ownFile: {
    en: "There is no such file.",
    id: "Tidak ada berkas seperti itu.",
    es: "No existe ese archivo.",
    pt: "Não existe esse arquivo."
  },
  fileAddress: {
    en: "This address is unknown, has expired, or its file is gone.",
    id: "Alamat ini tidak dikenal, sudah kedaluwarsa, atau berkasnya sudah tidak ada.",
    es: "Esta dirección es desconocida, caducó o su archivo ya no está.",
    pt: "Este endereço é desconhecido, expirou ou o arquivo já não existe."
  }
}, { use: "problem-details" })
