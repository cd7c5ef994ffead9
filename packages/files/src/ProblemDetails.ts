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
export const details = MessageCatalogue.define("files-problem-details", {
  emptyFile: {
    en: "The file is empty.",
    id: "Berkas itu kosong.",
    es: "El archivo está vacío.",
    pt: "O arquivo está vazio."
  },
  linkGone: {
    en: "This link is unknown, has expired, or its file is gone.",
    id: "Tautan ini tidak dikenal, kedaluwarsa, atau berkasnya sudah tidak ada.",
    es: "Este enlace es desconocido, ha caducado o su archivo ya no existe.",
    pt: "Este link é desconhecido, expirou ou o arquivo já não existe."
  },
  stillNeeded: {
    en: "Something still needs this file.",
    id: "Masih ada yang memerlukan berkas ini.",
    es: "Algo necesita todavía este archivo.",
    pt: "Algo ainda precisa deste arquivo."
  },
  linkFor: {
    en: "A link holds for 1 second to 7 days.",
    id: "Tautan berlaku 1 detik sampai 7 hari.",
    es: "Un enlace vale de 1 segundo a 7 días.",
    pt: "Um link vale de 1 segundo a 7 dias."
  },
  atMost: {
    en: "A file may have at most {limit} bytes.",
    id: "Berkas paling besar {limit} byte.",
    es: "Un archivo tiene como máximo {limit} bytes.",
    pt: "Um arquivo tem no máximo {limit} bytes."
  },
  quota: {
    en: "This organization may store {quota} bytes. Delete what it no longer needs.",
    id: "Organisasi ini boleh menyimpan {quota} byte. Hapus yang tidak diperlukan lagi.",
    es: "Esta organización puede guardar {quota} bytes. Borre lo que ya no necesite.",
    pt: "Esta organização pode guardar {quota} bytes. Apague o que não precisa mais."
  },
  typeNotTaken: {
    en: "The content is {type}, which is not taken.",
    id: "Isinya {type}, yang tidak diterima.",
    es: "El contenido es {type}, que no se acepta.",
    pt: "O conteúdo é {type}, que não se aceita."
  },
  infected: {
    en: "The virus scanner found {signature}. Nothing was stored.",
    id: "Pemindai virus menemukan {signature}. Tidak ada yang disimpan.",
    es: "El antivirus encontró {signature}. No se guardó nada.",
    pt: "O antivírus encontrou {signature}. Nada foi guardado."
  },
  hasBytes: {
    en: "The file has {size} bytes.",
    id: "Berkas itu memiliki {size} byte.",
    es: "El archivo tiene {size} bytes.",
    pt: "O arquivo tem {size} bytes."
  },
  endedEarly: {
    en: "The body ended too early.",
    id: "Isi permintaan berakhir terlalu cepat.",
    es: "El contenido terminó demasiado pronto.",
    pt: "O conteúdo terminou cedo demais."
  },
  formUnreadable: {
    en: "The form can't be read: {reason}.",
    id: "Formulir tidak dapat dibaca: {reason}.",
    es: "No se puede leer el formulario: {reason}.",
    pt: "Não é possível ler o formulário: {reason}."
  },
  manyFiles: {
    en: "The form has more than one file.",
    id: "Formulir berisi lebih dari satu berkas.",
    es: "El formulario tiene más de un archivo.",
    pt: "O formulário tem mais de um arquivo."
  },
  noFile: {
    en: "The form has no file.",
    id: "Formulir tidak berisi berkas.",
    es: "El formulario no tiene ningún archivo.",
    pt: "O formulário não tem arquivo."
  },
  scannerAway: {
    en: "The virus scanner can't look into this file now. Nothing was changed; try again later.",
    id: "Pemindai virus sedang tidak dapat memeriksa berkas ini. Tidak ada yang berubah; coba lagi nanti.",
    es: "El antivirus no puede revisar ahora este archivo. No se cambió nada; inténtelo más tarde.",
    pt: "O antivírus não pode examinar este arquivo agora. Nada mudou; tente mais tarde."
  },
  storeAway: {
    en: "The store does not answer. Nothing was changed; try again later.",
    id: "Penyimpanan tidak menjawab. Tidak ada yang berubah; coba lagi nanti.",
    es: "El almacén no responde. No se cambió nada; inténtelo más tarde.",
    pt: "O armazenamento não responde. Nada mudou; tente mais tarde."
  },
  uploadStood: {
    en: "The upload stood still for too long. Nothing was changed; try again later.",
    id: "Unggahan terlalu lama berhenti. Tidak ada yang berubah; coba lagi nanti.",
    es: "La subida estuvo parada demasiado tiempo. No se cambió nada; inténtelo más tarde.",
    pt: "O envio ficou parado tempo demais. Nada mudou; tente mais tarde."
  },
  otherFile: {
    en: "This key was used for another file; use a new key, or repeat that request unchanged.",
    id: "Kunci ini dipakai untuk berkas lain; pakai kunci baru, atau ulangi permintaan itu tanpa perubahan.",
    es: "Esta clave se usó para otro archivo; use una nueva o repita aquella solicitud sin cambios.",
    pt: "Esta chave foi usada para outro arquivo; use uma nova ou repita aquele pedido sem mudanças."
  }
}, { use: "problem-details" })
