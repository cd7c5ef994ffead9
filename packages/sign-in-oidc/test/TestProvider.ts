import { createHash, createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto"
import type { KeyObject } from "node:crypto"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Person {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
}

/** What the provider gets wrong from now on. */
export interface Faults {
  readonly issuer?: string
  readonly audience?: string
  readonly nonce?: string
  readonly expired?: boolean
  readonly forged?: boolean
  readonly algorithm?: "none"
  readonly wrongIss?: boolean
  readonly away?: boolean
  readonly otherApp?: boolean
}

interface Granted {
  readonly challenge: string | null
  readonly redirectUri: string | null
  readonly nonce: string | null
}

export const clientId = "wicara"
export const clientSecret = "a client's secret"

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

const read = (request: IncomingMessage): Promise<URLSearchParams> =>
  new Promise((resolve) => {
    let text = ""
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on("end", () => resolve(new URLSearchParams(text)))
  })

/** An OpenID provider and a Graph API on a port of this machine, which speak the protocol and check their side of it. */
export const startProvider = () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const { privateKey: forger } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const codes = new Map<string, Granted>()
  const state = {
    person: { sub: "1", email: "rani@example.com", email_verified: true, name: "Rani" } as Person,
    faults: {} as Faults,
    url: "",
    asked: [] as Array<string>
  }

  const idToken = (nonce: string | null, key: KeyObject) => {
    const { faults, person, url } = state
    const now = Math.floor(Date.now() / 1000)
    const header = { alg: faults.algorithm ?? "RS256", kid: "k1", typ: "JWT" }
    const claims = {
      iss: faults.issuer ?? url,
      aud: faults.audience ?? clientId,
      iat: now - (faults.expired === true ? 7200 : 0),
      exp: now + (faults.expired === true ? -3600 : 300),
      ...(nonce === null ? {} : { nonce: faults.nonce ?? nonce }),
      ...person
    }
    const input = `${base64url(header)}.${base64url(claims)}`
    const signature = faults.algorithm === "none" ? "" : sign("sha256", Buffer.from(input), key).toString("base64url")
    return `${input}.${signature}`
  }

  const answer = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" })
    response.end(JSON.stringify(body))
  }

  const grant = (body: URLSearchParams) => {
    const code = body.get("code") ?? ""
    const granted = codes.get(code)
    codes.delete(code)
    const challenge = createHash("sha256").update(body.get("code_verifier") ?? "").digest("base64url")
    return granted !== undefined && granted.challenge === challenge &&
        granted.redirectUri === body.get("redirect_uri")
      ? granted
      : undefined
  }

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", state.url)
    state.asked.push(url.pathname)
    if (state.faults.away === true) return void request.destroy()
    switch (url.pathname.replace(/^\/v[\d.]+/, "")) {
      case "/.well-known/openid-configuration":
        return answer(response, 200, {
          issuer: state.url,
          authorization_endpoint: `${state.url}/authorize`,
          token_endpoint: `${state.url}/token`,
          jwks_uri: `${state.url}/jwks`,
          id_token_signing_alg_values_supported: ["RS256"],
          authorization_response_iss_parameter_supported: true,
          code_challenge_methods_supported: ["S256"]
        })
      case "/jwks":
        return answer(response, 200, {
          keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "RS256" }]
        })
      case "/token":
        return void read(request).then((body) => {
          const basic = `Basic ${
            Buffer.from(`${clientId}:${encodeURIComponent(clientSecret).replaceAll("%20", "+")}`).toString("base64")
          }`
          const isClient = decodeURIComponent(
            Buffer.from((request.headers.authorization ?? "").slice(6), "base64").toString().replaceAll("+", "%20")
          ) === `${clientId}:${clientSecret}`
          if (!isClient) return answer(response, 401, { error: "invalid_client", error_description: basic.length })
          const granted = grant(body)
          if (granted === undefined) return answer(response, 400, { error: "invalid_grant" })
          return answer(response, 200, {
            access_token: randomUUID(),
            token_type: "Bearer",
            expires_in: 300,
            id_token: idToken(granted.nonce, state.faults.forged === true ? forger : privateKey)
          })
        })
      // The Graph API.
      case "/oauth/access_token":
        return void read(request).then((body) => {
          const isClient = body.get("client_id") === clientId && body.get("client_secret") === clientSecret
          return isClient && grant(body) !== undefined
            ? answer(response, 200, { access_token: "EAAB-token", token_type: "bearer" })
            : answer(response, 400, { error: { message: "Invalid verification code", code: 100 } })
        })
      case "/debug_token":
        return request.headers.authorization === `Bearer ${clientId}|${clientSecret}`
          ? answer(response, 200, {
            data: { app_id: state.faults.otherApp === true ? "another" : clientId, is_valid: true }
          })
          : answer(response, 400, { error: { message: "Invalid" } })
      case "/me": {
        const proof = createHmac("sha256", clientSecret).update("EAAB-token").digest("hex")
        const isOurs = request.headers.authorization === "Bearer EAAB-token" &&
          url.searchParams.get("appsecret_proof") === proof
        const { email, name, sub } = state.person
        return isOurs ? answer(response, 200, { id: sub, name, email }) : answer(response, 400, { error: {} })
      }
      default:
        return answer(response, 404, {})
    }
  }

  const server = createServer(handle)

  return new Promise<{
    readonly state: typeof state
    /** What the browser comes back with when the person consents, or does not. */
    readonly consent: (authorizationUrl: string, refuse?: boolean) => Record<string, string>
    readonly stop: () => Promise<void>
  }>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resolve({
        state,
        consent: (authorizationUrl, refuse = false) => {
          const { searchParams } = new URL(authorizationUrl)
          const back = {
            state: searchParams.get("state") ?? "",
            iss: state.faults.wrongIss ? "https://evil.example" : state.url
          }
          if (refuse) return { ...back, error: "access_denied", error_reason: "user_denied" }
          const code = randomUUID()
          codes.set(code, {
            challenge: searchParams.get("code_challenge"),
            redirectUri: searchParams.get("redirect_uri"),
            nonce: searchParams.get("nonce")
          })
          return { ...back, code }
        },
        stop: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          })
      })
    })
  })
}
