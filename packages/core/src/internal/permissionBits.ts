const indexes = new Map<string, number>()

/** A small number for a permission's name: the same for the same name, in this process. */
export const indexOf = (name: string): number => {
  const known = indexes.get(name)
  if (known !== undefined) return known
  const index = indexes.size
  indexes.set(name, index)
  return index
}

/** One bit for each name. */
export const make = (names: Iterable<string>): Uint32Array => {
  const at = Array.from(names, indexOf)
  const bits = new Uint32Array(at.length === 0 ? 0 : (Math.max(...at) >>> 5) + 1)
  for (const index of at) bits[index >>> 5]! |= 1 << (index & 31)
  return bits
}

/** Whether the bit is set. */
export const has = (bits: Uint32Array, index: number): boolean => ((bits[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0
