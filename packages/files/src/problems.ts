/**
 * The types of problems that files bring.
 *
 * @since 0.1.0
 */
import * as ProblemType from "@wicara/core/ProblemType"
import { titles } from "./ProblemTitles.ts"

/**
 * @category registry
 * @since 0.1.0
 */
export const problems = [
  ProblemType.define({
    name: "file-too-large",
    status: 413,
    title: titles.messages["file-too-large"].en,
    meaning: "The file is larger than this server takes.",
    remedy: "Send a smaller one; `limit` says how large it may be.",
    members: { limit: "Bytes." }
  }),
  ProblemType.define({
    name: "file-quota-exceeded",
    status: 507,
    title: titles.messages["file-quota-exceeded"].en,
    meaning: "The organization's files would be more than it may store.",
    remedy: "Delete files that nobody needs, or ask for a larger quota.",
    members: { quota: "Bytes." }
  }),
  ProblemType.define({
    name: "file-type-refused",
    status: 415,
    title: titles.messages["file-type-refused"].en,
    meaning: "What the content shows the file to be is not among the media types that this server takes.",
    remedy: "Send another format. The name and the declared type do not count.",
    members: { contentType: "What the content was found to be." }
  }),
  ProblemType.define({
    name: "file-infected",
    status: 422,
    title: titles.messages["file-infected"].en,
    meaning: "The scanner found malicious software in the file. It was not kept.",
    remedy: "Do not send it again; look at where it came from.",
    members: { signature: "The scanner's name of what it found." }
  }),
  ProblemType.define({
    name: "range-not-satisfiable",
    status: 416,
    title: titles.messages["range-not-satisfiable"].en,
    meaning: "`Range` asks for bytes that the file does not have.",
    remedy: "Ask for a range within `size`, or for the whole file.",
    members: { size: "The size of the file, bytes." }
  })
] as const
