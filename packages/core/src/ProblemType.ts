/**
 * What is known of each type of problem: the registry that its page of documentation is made from. A module lists the
 * types that its package answers with; the server serves their pages at the path of their `type` URIs.
 *
 * @since 0.1.0
 */
import { typeUri } from "./Problem.ts"

/**
 * A type of problem.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProblemType {
  /** Kebab case, the last segment of the `type` URI. Never change it once released. */
  readonly name: string
  /** The HTTP status it comes with. */
  readonly status: number
  readonly title: string
  /** What has happened, in one or two sentences. */
  readonly meaning: string
  /** What the caller should do about it. */
  readonly remedy: string
  /** The members beside `type`, `title`, `status` and `detail`, with what each says. */
  readonly members: Readonly<Record<string, string>>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const define = (
  problem: Omit<ProblemType, "members"> & { readonly members?: Readonly<Record<string, string>> }
): ProblemType => ({ members: {}, ...problem })

/**
 * The page about a type of problem, in Markdown.
 *
 * @category documentation
 * @since 0.1.0
 */
export const markdown = (problem: ProblemType): string => {
  const members = Object.entries(problem.members)
  return [
    `# ${problem.title}`,
    `\`${typeUri(problem.name)}\`, status ${problem.status}`,
    problem.meaning,
    `**What to do.** ${problem.remedy}`,
    ...(members.length === 0
      ? []
      : [["Its own members:", ""].concat(members.map(([name, says]) => `- \`${name}\`: ${says}`)).join("\n")])
  ].join("\n\n") + "\n"
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" }

const text = (words: string): string =>
  words
    .replace(/[&<>"]/g, (character) => entities[character] ?? character)
    .replace(/`([^`]+)`/g, "<code>$1</code>")

const document = (title: string, body: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(title)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}</style>
</head>
<body>
${body}
</body>
</html>
`

/**
 * The page about a type of problem, in HTML.
 *
 * @category documentation
 * @since 0.1.0
 */
export const html = (problem: ProblemType): string => {
  const members = Object.entries(problem.members)
  return document(
    problem.title,
    [
      `<h1>${text(problem.title)}</h1>`,
      `<p><code>${typeUri(problem.name)}</code>, status ${problem.status}</p>`,
      `<p>${text(problem.meaning)}</p>`,
      `<p><strong>What to do.</strong> ${text(problem.remedy)}</p>`,
      ...(members.length === 0 ? [] : [
        "<p>Its own members:</p>",
        `<ul>${members.map(([name, says]) => `<li><code>${name}</code>: ${text(says)}</li>`).join("")}</ul>`
      ]),
      "<p><a href=\"/problems\">All problems</a></p>"
    ].join("\n")
  )
}

const sorted = (problems: ReadonlyArray<ProblemType>) =>
  problems.toSorted((one, other) => one.status - other.status || one.name.localeCompare(other.name))

const introduction =
  "Every refusal is a problem as RFC 9457 describes it: `application/problem+json` with a stable `type`, a `title`, the " +
  "`status`, a `detail` that says what is wrong and where, and the members that its page names. Decide by `type`."

/**
 * The list of all types, in Markdown.
 *
 * @category documentation
 * @since 0.1.0
 */
export const markdownIndex = (problems: ReadonlyArray<ProblemType>): string =>
  [
    "# Problems",
    "<!-- Made by `npm run problems` from the modules' lists of problems: edit those. -->",
    introduction,
    sorted(problems).map(({ name, status, title }) => `- ${status} [\`${name}\`](${name}.md): ${title}`).join("\n")
  ].join("\n\n") + "\n"

/**
 * The list of all types, in HTML.
 *
 * @category documentation
 * @since 0.1.0
 */
export const htmlIndex = (problems: ReadonlyArray<ProblemType>): string =>
  document(
    "Problems",
    [
      "<h1>Problems</h1>",
      `<p>${text(introduction)}</p>`,
      "<ul>",
      ...sorted(problems).map(({ name, status, title }) =>
        `<li>${status} <a href="/problems/${name}">${text(title)}</a></li>`
      ),
      "</ul>"
    ].join("\n")
  )
