/**
 * Texts that are readable in memory alone. Until there is a key they are nowhere else; then the store has them sealed
 * (AES-GCM with 256 bits, a random nonce of 96 bits in front, bound to the name), as long as the page can seal: pages that
 * did not come over https can't.
 */
import type { TextStore } from "./Storage.ts"

export interface SealedStore {
  readonly get: (name: string) => string | undefined
  readonly set: (name: string, value: string) => void
  readonly remove: (name: string) => void
  readonly names: () => ReadonlyArray<string>
  /**
   * Reads what the store has that one of the keys (base64url) opens, deletes what none does, and seals under the first
   * from here on.
   */
  readonly unlock: (keys: ReadonlyArray<string>) => Promise<void>
  /** What the store has and no key has opened yet. */
  readonly locked: () => ReadonlyArray<string>
  /** Forgets the key, the texts, and what the store has of them. */
  readonly clear: () => void
}

const nonceBytes = 12

const toBytes = (base64: string) =>
  Uint8Array.from(atob(base64.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0))

const utf8 = new TextEncoder()

const algorithm = (nonce: BufferSource, name: string) => ({
  name: "AES-GCM",
  iv: nonce,
  additionalData: utf8.encode(name)
})

const seal = async (key: CryptoKey, name: string, value: string): Promise<string> => {
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm(nonce, name), key, utf8.encode(value)))
  return btoa(Array.from([...nonce, ...sealed], (byte) => String.fromCharCode(byte)).join(""))
}

const open = async (keys: ReadonlyArray<CryptoKey>, name: string, sealed: string): Promise<string | undefined> => {
  for (const key of keys) {
    try {
      const bytes = toBytes(sealed)
      const opened = await crypto.subtle.decrypt(
        algorithm(bytes.subarray(0, nonceBytes), name),
        key,
        bytes.subarray(nonceBytes)
      )
      return new TextDecoder().decode(opened)
    } catch {
      // Another visitor's, or none of ours.
    }
  }
  return undefined
}

export const makeSealedStore = (store: TextStore, prefix: string): SealedStore => {
  const values = new Map<string, string>()
  const changed = new Set<string>()
  let key: CryptoKey | undefined
  let unlockedBy: string | undefined
  let writes: Promise<void> = Promise.resolve()

  const stored = () => store.keys().filter((name) => name.startsWith(prefix))

  /** One after the other, and what changed meanwhile only once. */
  const write = (name: string) => {
    if (key === undefined || changed.has(name)) return
    changed.add(name)
    writes = writes.then(async () => {
      changed.delete(name)
      const value = values.get(name)
      if (key === undefined || value === undefined) return
      const sealed = await seal(key, prefix + name, value)
      if (values.has(name)) store.set(prefix + name, sealed)
    }).catch(() => {})
  }

  return {
    get: (name) => values.get(name),
    set: (name, value) => {
      values.set(name, value)
      write(name)
    },
    remove: (name) => {
      values.delete(name)
      store.remove(prefix + name)
    },
    names: () => [...values.keys()],
    unlock: async (keys) => {
      const by = keys.join()
      if (by === unlockedBy) return
      unlockedBy = by
      // Typed as always there; it is not on pages that did not come over https.
      const subtle: SubtleCrypto | undefined = crypto.subtle
      const opening = subtle === undefined ? [] : await Promise.all(
        keys.map((one) => subtle.importKey("raw", toBytes(one), "AES-GCM", false, ["encrypt", "decrypt"]))
      )
      for (const full of stored()) {
        const name = full.slice(prefix.length)
        const value = await open(opening, full, store.get(full) ?? "")
        if (unlockedBy !== by) return
        if (value === undefined) store.remove(full)
        else if (!values.has(name)) values.set(name, value)
      }
      // They signed out, or in, meanwhile.
      if (unlockedBy !== by) return
      key = opening[0]
      for (const name of values.keys()) write(name)
    },
    locked: () => stored().map((full) => full.slice(prefix.length)).filter((name) => !values.has(name)),
    clear: () => {
      key = undefined
      unlockedBy = undefined
      values.clear()
      for (const name of stored()) store.remove(name)
    }
  }
}
