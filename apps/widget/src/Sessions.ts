/** The visitor's session: whose it is, opened again whenever its token is not good any more. */
import type { Identity, NewSession, Session } from "./Contract.ts"
import type { Requests } from "./Requests.ts"
import type { WidgetStorage } from "./Storage.ts"

/** What an opened session means for what was there before. */
export interface Opened {
  readonly session: Session
  /** The same visitor as before. */
  readonly same: boolean
  /** What was written and not sent was somebody else's, and is gone. */
  readonly forgotten: boolean
}

export interface Sessions {
  /** The token, of a session that is opened if there is none; one is opened at a time. */
  readonly token: () => Promise<string>
  /** That of the session that is open, if one is. */
  readonly current: () => string | undefined
  /** It is not good any more. */
  readonly forget: (token: string) => void
  /** Opens it again: something of it may have changed. */
  readonly refresh: () => void
  /** Another visitor from here on; what was asked for the one before says nothing any more. */
  readonly startOver: (identity: Identity | undefined) => void
  /** Nobody is known here any more. */
  readonly forgetVisitor: () => void
  /** Which visitor it is, counted: another number is another visitor. */
  readonly era: () => number
}

export const makeSessions = (options: {
  readonly requests: Requests
  readonly storage: WidgetStorage
  /** What is sent of the page and its reader. */
  readonly around: () => Omit<NewSession, "token" | "identity">
  readonly onOpened: (opened: Opened) => void
}): Sessions => {
  const { requests, storage } = options
  let token: string | undefined
  let visitorId: string | undefined
  let identity: Identity | undefined
  let era = 0
  let opening: Promise<string> | undefined

  const open = async (): Promise<string> => {
    const began = era
    const known = storage.token()
    const wasVerified = storage.isVerified()
    const session = await requests.openSession({
      ...options.around(),
      ...(known === undefined ? {} : { token: known }),
      ...(identity === undefined ? {} : { identity })
    })
    // They signed in or out meanwhile: this answer is not theirs any more.
    if (began !== era) return sessions.token()
    // Another visitor, where the token was too old: the old conversation is not theirs to see.
    const same = visitorId === session.visitorId
    // What somebody wrote who was signed in is not sent for whoever is here now.
    const forgotten = wasVerified && (session.identity !== "verified" || visitorId !== undefined && !same)
    if (forgotten) storage.forgetWritten()
    await storage.unlock(session.storageKeys)
    if (began !== era) return sessions.token()
    token = session.token
    visitorId = session.visitorId
    storage.setToken(session.token, session.identity === "verified")
    options.onOpened({ session, same, forgotten })
    return session.token
  }

  const sessions: Sessions = {
    token: () => {
      if (token !== undefined) return Promise.resolve(token)
      if (opening === undefined) {
        const mine = open().finally(() => {
          if (opening === mine) opening = undefined
        })
        opening = mine
      }
      return opening
    },
    current: () => token,
    forget: (used) => {
      if (token === used) token = undefined
    },
    refresh: () => {
      token = undefined
      sessions.token().catch(() => {})
    },
    startOver: (next) => {
      era += 1
      identity = next
      token = undefined
      opening = undefined
    },
    forgetVisitor: () => {
      visitorId = undefined
    },
    era: () => era
  }
  return sessions
}
