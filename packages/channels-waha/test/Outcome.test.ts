import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Outcome from "@wicara/channels-waha/Outcome"

const answered = (status: number, body: unknown, retryAfter?: number) =>
  Outcome.fromReply({ _tag: "Answered", status, body, retryAfter }, "3EB0RESERVED")

const nest = (statusCode: number, message: unknown, error?: string) => ({ statusCode, message, error })

const exception = (message: string, details?: string) => ({
  statusCode: 500,
  timestamp: "2026-11-21T02:00:00.000Z",
  exception: { message, details, name: "Error", stack: "Error: ..." },
  request: { path: "/api/sendText", method: "POST" },
  version: { version: "2026.7.1", engine: "GOWS" }
})

describe("an accepted send", () => {
  it("has the id of the answer, in every engine's form", () => {
    for (
      const body of [
        { id: "true_880000000000042@lid_3EB0ANSWER", _data: null },
        { id: "3EB0ANSWER" },
        { id: { fromMe: true, remote: "62@c.us", id: "3EB0ANSWER", _serialized: "true_62@c.us_3EB0ANSWER" } },
        { id: { id: "3EB0ANSWER" } },
        { _data: { id: { _serialized: "true_62@c.us_3EB0ANSWER" } }, ack: 0 },
        { key: { id: "3EB0ANSWER", remoteJid: "62@s.whatsapp.net", fromMe: true }, status: "PENDING" },
        [{ id: "true_62@c.us_3EB0ANSWER" }]
      ]
    ) assert.deepStrictEqual(answered(201, body), { _tag: "Accepted", providerMessageId: "3EB0ANSWER" })
  })

  it("has the reserved id where the answer is empty or unknown", () => {
    for (const body of [undefined, null, "", true, {}, [], { id: "" }, { id: 7 }, { id: null }, { ok: { id: "x" } }]) {
      assert.deepStrictEqual(answered(201, body), { _tag: "Accepted", providerMessageId: "3EB0RESERVED" })
    }
    assert.deepStrictEqual(
      Outcome.fromReply({ _tag: "Answered", status: 200, body: undefined, retryAfter: undefined }, undefined),
      { _tag: "Accepted", providerMessageId: null }
    )
  })

  it.prop("never fails on what an engine answers", [Schema.Json], ([body]) => {
    assert.strictEqual(answered(201, body)._tag, "Accepted")
  })
})

describe("a send that was not accepted", () => {
  it("may be sent again while the session is not working", () => {
    const outcome = answered(422, {
      error: "Session status is not as expected. Try again later or restart the session",
      session: "lintang",
      status: "STARTING",
      expected: ["WORKING"]
    })
    assert.deepInclude(outcome, { _tag: "Retryable", code: "session_not_working", retryAfter: 5000 })
    assert.deepInclude(
      answered(422, nest(422, "We didn't find a session with name 'lintang'. Please start it first")),
      { _tag: "Retryable", code: "session_not_working" }
    )
  })

  it("holds the account until the operator has mended it", () => {
    assert.deepInclude(answered(401, nest(401, "Unauthorized")), { _tag: "AccountRefused", code: "unauthorized" })
    assert.deepInclude(answered(403, undefined), { _tag: "AccountRefused", code: "unauthorized" })
    assert.deepInclude(answered(404, nest(404, "Session not found")), {
      _tag: "AccountRefused",
      code: "session_not_found"
    })
    assert.deepInclude(answered(404, undefined), { _tag: "AccountRefused", code: "not_found" })
    assert.deepInclude(answered(302, undefined), { _tag: "AccountRefused", code: "redirected" })
    for (const status of ["SCAN_QR_CODE", "STOPPED", "FAILED", "PASSKEY_REQUIRED"]) {
      const body = { error: "Session status is not as expected.", session: "lintang", status, expected: ["WORKING"] }
      assert.deepInclude(answered(422, body), { _tag: "AccountRefused", code: "session_not_working" })
    }
    assert.deepInclude(answered(404, nest(404, "Message not found")), { _tag: "Retryable", code: "not_found" })
  })

  it("may be sent again later where the server asks for it", () => {
    assert.deepInclude(answered(429, undefined, 7000), { _tag: "Retryable", code: "rate_limited", retryAfter: 7000 })
    assert.deepInclude(answered(503, undefined), { _tag: "Retryable", code: "unavailable" })
  })

  it("may be sent again when it surely never left", () => {
    assert.deepStrictEqual(
      Outcome.fromReply({ _tag: "NotSent", code: "ECONNREFUSED", reason: "WAHA can't be reached" }, "3EB0RESERVED"),
      { _tag: "Retryable", code: "ECONNREFUSED", reason: "WAHA can't be reached" }
    )
  })

  it("is rejected when it can never be accepted", () => {
    assert.deepStrictEqual(answered(400, nest(400, ["text must be a string", "chatId is empty"], "Bad Request")), {
      _tag: "Rejected",
      code: "bad_request",
      reason: "text must be a string; chatId is empty"
    })
    assert.deepInclude(answered(422, nest(422, "List message can only be sent to a direct message chat.")), {
      _tag: "Rejected",
      code: "unprocessable"
    })
    assert.deepInclude(answered(404, nest(404, "Cannot POST /api/sendList", "Not Found")), {
      _tag: "Rejected",
      code: "not_supported"
    })
    assert.deepInclude(answered(501, nest(501, "The method is not implemented by 'WPP' engine")), {
      _tag: "Rejected",
      code: "not_supported"
    })
    assert.deepInclude(
      answered(404, { error: { code: 404, key: "FILE_NOT_FOUND", message: "File not found", details: null } }),
      { _tag: "Rejected", code: "file_not_found" }
    )
    assert.deepInclude(answered(413, undefined), { _tag: "Rejected", code: "http_413" })
  })

  it("is rejected when WhatsApp restricts the account, with whichever status WAHA says so", () => {
    const body = exception("2 UNKNOWN: server returned error 463", "server returned error 463")
    assert.deepInclude(answered(500, body), { _tag: "Rejected", code: "463" })
    assert.deepInclude(answered(400, body), { _tag: "Rejected", code: "463" })
  })

  it("is unknown when the engine may have sent it before it failed", () => {
    for (
      const outcome of [
        answered(500, exception("Protocol error: Target closed.")),
        answered(400, exception("Evaluation failed")),
        answered(500, nest(500, "Internal server error")),
        answered(500, undefined),
        answered(502, undefined),
        answered(504, undefined),
        answered(408, undefined),
        Outcome.fromReply({ _tag: "NoAnswer", reason: "WAHA did not answer within 30000 ms" }, "3EB0RESERVED")
      ]
    ) assert.strictEqual(outcome._tag, "Unknown")
  })

  it.prop(
    "never fails on an error's body",
    [Schema.Json, Schema.Literals([400, 401, 404, 422, 500])],
    ([body, status]) => {
      assert.notStrictEqual(answered(status, body)._tag, "Accepted")
    }
  )
})
