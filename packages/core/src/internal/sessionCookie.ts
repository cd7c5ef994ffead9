/** The cookie that holds a browser's session. */
import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import { sessionCookie } from "../Authentication.ts"

const put = (value: string, maxAge: "90 days" | "0 seconds"): Effect.Effect<
  void,
  never,
  HttpServerRequest.HttpServerRequest
> =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.orDie(HttpServerResponse.setCookie(response, sessionCookie, value, {
      httpOnly: true,
      secure: true,
      sameSite: "strict",
      path: "/",
      maxAge
    }))
  )

/** The server decides when a session ends; the cookie lasts as long as one can. */
export const set = (token: string) => put(token, "90 days")

export const clear = put("", "0 seconds")
