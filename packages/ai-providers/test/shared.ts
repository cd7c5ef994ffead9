import * as Fs from "node:fs"

/** A file beside the repository, or `undefined` with a visible line when it is not there. */
export const shared = (path: string): string | undefined => {
  const url = new URL(`../../../../shared/${path}`, import.meta.url)
  if (Fs.existsSync(url)) return Fs.readFileSync(url, "utf8")
  console.log(`skipped: ../shared/${path} is not present`)
  return undefined
}

/** Prints a measured line beside the results. */
export const report = (line: string): void => {
  console.log(line)
}
