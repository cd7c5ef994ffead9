/** What an address calls the campaign that led to it: the five names that advertisers put there (`utm_source`, …). */
const names = ["source", "medium", "campaign", "term", "content"] as const

export type Campaign = { readonly [Name in typeof names[number]]?: string }

const maxLength = 200

/** The campaign of a page's address, if it names one. */
export const campaignOf = (address: string | undefined): Campaign | undefined => {
  if (address === undefined || !URL.canParse(address)) return undefined
  const query = new URL(address).searchParams
  const found = names.flatMap((name) => {
    const value = query.get(`utm_${name}`)?.trim().slice(0, maxLength).toWellFormed() ?? ""
    return value === "" ? [] : [[name, value] as const]
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}
