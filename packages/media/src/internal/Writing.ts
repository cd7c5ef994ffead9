/** Text as it is gathered from a document: no more than so many characters of it, and no more empty lines than one. */
export class Writing {
  private readonly parts: Array<string> = []
  private readonly maxLength: number
  private length = 0
  private isCut = false

  constructor(maxLength: number) {
    this.maxLength = maxLength
  }

  /** Whether what comes now is not kept any more. */
  get isFull(): boolean {
    return this.length > this.maxLength
  }

  add(part: string): void {
    if (part === "") return
    if (this.isFull) {
      this.isCut = true
      return
    }
    this.parts.push(part)
    this.length += part.length
  }

  /** A cell of a table ends, and with it its last paragraph, but not the line. */
  endCell(): void {
    if (this.parts.at(-1) === "\n") this.parts.pop()
    this.add("\t")
  }

  /** Something is left out. */
  cut(): void {
    this.isCut = true
  }

  get isTruncated(): boolean {
    return this.isCut || this.isFull
  }

  get text(): string {
    const lines = this.parts.join("").replaceAll("\r", "").split("\n")
    return lines.map((line) => line.trimEnd()).join("\n").replace(/\n{3,}/g, "\n\n").trim()
  }
}
