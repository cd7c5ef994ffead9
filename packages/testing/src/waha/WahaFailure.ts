/**
 * The error answers of a WAHA server.
 *
 * @since 0.1.0
 */

/**
 * A refused request: what is answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface WahaFailure {
  readonly _tag: "WahaFailure"
  readonly status: number
  readonly body: unknown
}

/**
 * An answer in the form of the framework: `{ statusCode, message, error }`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const nest = (status: number, message: string | ReadonlyArray<string>, error?: string): WahaFailure => ({
  _tag: "WahaFailure",
  status,
  body: { message, ...(error === undefined ? undefined : { error }), statusCode: status }
})

/** A missing or wrong key. @category constructors @since 0.1.0 */
export const unauthorized: WahaFailure = nest(401, "Unauthorized")

/** A key of another session. @category constructors @since 0.1.0 */
export const forbidden: WahaFailure = nest(403, "Forbidden resource", "Forbidden")

/** @category constructors @since 0.1.0 */
export const sessionNotFound: WahaFailure = nest(404, "Session not found", "Not Found")

/** Fields that are missing or wrong. @category constructors @since 0.1.0 */
export const validation = (messages: ReadonlyArray<string>): WahaFailure => nest(400, messages, "Bad Request")

/** What the engine does not offer. @category constructors @since 0.1.0 */
export const notImplemented = (engine: string): WahaFailure =>
  nest(
    501,
    `The method is not implemented by '${engine}' engine. Check the docs and try another engine`,
    "Not Implemented"
  )

/**
 * A session that does not work now.
 *
 * @category constructors
 * @since 0.1.0
 */
export const sessionStatus = (session: string, status: string): WahaFailure => ({
  _tag: "WahaFailure",
  status: 422,
  body: {
    error: "Session status is not as expected. Try again later or restart the session",
    session,
    status,
    expected: ["WORKING"]
  }
})

/** A media file that was deleted. @category constructors @since 0.1.0 */
export const fileNotFound: WahaFailure = {
  _tag: "WahaFailure",
  status: 404,
  body: { error: { code: 404, key: "FILE_NOT_FOUND", message: "File not found", details: null } }
}

/**
 * An error that the engine threw.
 *
 * @category constructors
 * @since 0.1.0
 */
export const exception = (
  message: string,
  about: { readonly path: string; readonly engine: string; readonly at: string; readonly details?: string }
): WahaFailure => ({
  _tag: "WahaFailure",
  status: 500,
  body: {
    statusCode: 500,
    timestamp: about.at,
    exception: {
      message,
      name: "Error",
      stack: `Error: ${message}`,
      ...(about.details === undefined ? undefined : { code: 2, details: about.details })
    },
    request: { path: about.path, method: "POST", query: {} },
    version: { version, engine: about.engine, tier: "PLUS", browser: null }
  }
})

/** The version of WAHA that is emulated. @category constants @since 0.1.0 */
export const version = "2026.7.1"

/**
 * The answer that the `error` fault's code stands for: an HTTP status, or WhatsApp's `463` (the number is restricted).
 * Any other code is an exception of the engine.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofCode = (
  code: string,
  about: { readonly session: string; readonly path: string; readonly engine: string; readonly at: string }
): WahaFailure => {
  switch (code) {
    case "400":
      return validation(["text must be a string"])
    case "401":
      return unauthorized
    case "403":
      return forbidden
    case "404":
      return sessionNotFound
    case "422":
      return sessionStatus(about.session, "STARTING")
    case "463":
      return exception("2 UNKNOWN: server returned error 463", { ...about, details: "server returned error 463" })
    case "501":
      return notImplemented(about.engine)
    case "429":
      return nest(429, "Too Many Requests")
    case "502":
      return nest(502, "Bad Gateway")
    case "503":
      return nest(503, "Service Unavailable")
    case "504":
      return nest(504, "Gateway Timeout")
    default:
      return exception(`Emulated failure ${code}`, about)
  }
}
