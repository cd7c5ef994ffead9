/**
 * Pairing on the emulated WAHA server: QR codes, pairing codes, passkeys.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as Failure from "./WahaFailure.ts"
import * as Http from "./WahaHttp.ts"
import { bodies } from "./WahaRequests.ts"
import type { WahaServer } from "./WahaServer.ts"
import type { SessionStatus, WahaSession } from "./WahaSession.ts"

// One grey pixel: the code itself is for phones.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCB12pMnwAAAABJRU5ErkJggg=="

/**
 * `/api/{session}/auth/*`.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = (server: WahaServer): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const { sessions } = server

    const sessionIn = (call: Http.Call, status: SessionStatus, what: string) =>
      Effect.flatMap(Http.sessionOf(server, call), (session) =>
        session.status === status
          ? Effect.succeed(session)
          : Effect.fail(Failure.nest(
            422,
            `Can ${what} only in ${status} status. The current status is ${session.status}`,
            "Unprocessable Entity"
          )))

    const get = (
      path: `/${string}`,
      [status, what]: readonly [SessionStatus, string],
      answer: (session: WahaSession, call: Http.Call) => unknown
    ) =>
      router.add(
        "GET",
        path,
        Http.guarded(
          server,
          200,
          (call) => Effect.map(sessionIn(call, status, what), (session) => answer(session, call))
        )
      )

    yield* get("/api/:session/auth/qr", ["SCAN_QR_CODE", "get QR code"], (session, call) => {
      if (call.query("format") === "raw") return { value: `2@${session.name},${session.generation}` }
      return call.request.headers["accept"]?.includes("application/json") === true
        ? { mimetype: "image/png", data: pixel }
        : HttpServerResponse.uint8Array(Buffer.from(pixel, "base64"), { contentType: "image/png" })
    })

    const requestCode = Http.decode(bodies.requestCode)
    yield* router.add(
      "POST",
      "/api/:session/auth/request-code",
      Http.guarded(
        server,
        201,
        Effect.fnUntraced(function*(call) {
          yield* requestCode(call)
          yield* sessionIn(call, "SCAN_QR_CODE", "request code")
          return { code: "ABCD-ABCD" }
        })
      )
    )

    yield* get("/api/:session/auth/passkey/challenge", ["PASSKEY_REQUIRED", "get passkey challenge"], () => ({
      challenge: "Y2hhbGxlbmdl",
      timeout: 60_000,
      rpId: "whatsapp.com",
      allowCredentials: [],
      userVerification: "required"
    }))
    const assertion = Http.decode(bodies.passkey)
    yield* router.add(
      "POST",
      "/api/:session/auth/passkey",
      Http.guarded(
        server,
        201,
        Effect.fnUntraced(function*(call) {
          yield* assertion(call)
          const session = yield* sessionIn(call, "PASSKEY_REQUIRED", "send passkey")
          yield* sessions.transition(session, "PASSKEY_CONFIRMATION_REQUIRED")
          return undefined
        })
      )
    )
    yield* get(
      "/api/:session/auth/passkey/confirmation",
      ["PASSKEY_CONFIRMATION_REQUIRED", "get passkey confirmation"],
      () => ({ code: "1234" })
    )
    yield* router.add(
      "POST",
      "/api/:session/auth/passkey/confirm",
      Http.guarded(
        server,
        201,
        Effect.fnUntraced(function*(call) {
          const session = yield* sessionIn(call, "PASSKEY_CONFIRMATION_REQUIRED", "confirm passkey")
          session.paired = true
          yield* sessions.transition(session, "WORKING")
          return undefined
        })
      )
    )
  }))
