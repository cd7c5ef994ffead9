/** The kinds of documents that are read, by their media types. */
export type DocumentKind = "pdf" | "word" | "sheet" | "slides" | "opendocument" | "html" | "old"

const office = "application/vnd.openxmlformats-officedocument"
const open = "application/vnd.oasis.opendocument"

const kinds: Readonly<Record<string, DocumentKind>> = {
  "application/pdf": "pdf",
  [`${office}.wordprocessingml.document`]: "word",
  [`${office}.spreadsheetml.sheet`]: "sheet",
  [`${office}.presentationml.presentation`]: "slides",
  [`${open}.text`]: "opendocument",
  [`${open}.spreadsheet`]: "opendocument",
  [`${open}.presentation`]: "opendocument",
  "text/html": "html",
  "application/x-ole-storage": "old"
}

export const kindOf = (contentType: string): DocumentKind | undefined =>
  Object.hasOwn(kinds, contentType) ? kinds[contentType] : undefined

export const isDocument = (contentType: string): boolean => kindOf(contentType) !== undefined
