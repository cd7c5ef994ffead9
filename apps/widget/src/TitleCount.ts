/** The number of what is not read, in front of the page's title; the page may change the title meanwhile. */
export interface TitleCount {
  readonly set: (count: number) => void
}

export const makeTitleCount = (document: { title: string }): TitleCount => {
  let prefix = ""
  return {
    set: (count) => {
      const own = prefix !== "" && document.title.startsWith(prefix)
        ? document.title.slice(prefix.length)
        : document.title
      prefix = count === 0 ? "" : `(${count > 99 ? "99+" : count}) `
      if (document.title !== prefix + own) document.title = prefix + own
    }
  }
}
