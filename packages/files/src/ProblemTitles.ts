/**
 * What this package's problems are called in each language.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"

/**
 * @category texts
 * @since 0.1.0
 */
export const titles = MessageCatalogue.define("files-problem-titles", {
  "file-too-large": {
    en: "File too large",
    id: "Berkas terlalu besar",
    es: "Archivo demasiado grande",
    pt: "Arquivo grande demais"
  },
  "file-quota-exceeded": {
    en: "No room for more files",
    id: "Tidak ada ruang untuk berkas lagi",
    es: "No hay espacio para más archivos",
    pt: "Não há espaço para mais arquivos"
  },
  "file-type-refused": {
    en: "This kind of file is not taken",
    id: "Jenis berkas ini tidak diterima",
    es: "No se acepta este tipo de archivo",
    pt: "Este tipo de arquivo não é aceito"
  },
  "file-infected": {
    en: "The file is infected",
    id: "Berkas terinfeksi",
    es: "El archivo está infectado",
    pt: "O arquivo está infectado"
  },
  "range-not-satisfiable": {
    en: "Range not satisfiable",
    id: "Rentang tidak dapat dipenuhi",
    es: "Rango no disponible",
    pt: "Intervalo não disponível"
  }
}, { use: "problem-titles" })
