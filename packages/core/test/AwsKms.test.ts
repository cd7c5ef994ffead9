import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as AwsKms from "@wicara/core/AwsKms"
import * as Id from "@wicara/core/Id"
import * as MasterKeys from "@wicara/core/MasterKeys"
import * as Secrets from "@wicara/core/Secrets"
import { CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Context, Effect, Layer, Redacted } from "effect"
import type { Scope } from "effect"
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { migrated } from "./layers.ts"

const accessKeyId = "AKIDEXAMPLE"
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
const region = "eu-central-1"

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** The signature that the request should have, worked out by the rules of Signature Version 4. */
const isSigned = (request: IncomingMessage, body: string): boolean => {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
      .exec(request.headers.authorization ?? "")
  if (parts === null) return false
  const [, id, day = "", ofRegion = "", signedHeaders = "", signature] = parts
  if (id !== accessKeyId || ofRegion !== region || !signedHeaders.split(";").includes("x-amz-target")) return false
  const headers = signedHeaders.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join("")
  const canonical = [request.method, "/", "", headers, signedHeaders, sha256(body)].join("\n")
  const scope = `${day}/${ofRegion}/kms/aws4_request`
  const text = ["AWS4-HMAC-SHA256", String(request.headers["x-amz-date"]), scope, sha256(canonical)].join("\n")
  const key = [ofRegion, "kms", "aws4_request"].reduce<Buffer>(hmac, hmac(`AWS4${secretAccessKey}`, day))
  return hmac(key, text).toString("hex") === signature
}

/** A key management service on this machine: its keys never leave it, and its answers are those of AWS KMS. */
const makeKms = Effect.gen(function*() {
  const keys = new Map([["alias/wicara", randomBytes(32)], ["alias/next", randomBytes(32)]])
  const calls: Array<string> = []
  const control = { failing: 0, disabled: false }
  const seal = (key: Buffer, plaintext: Buffer, context: unknown) => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(JSON.stringify(context)))
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64")
  }
  const open = (key: Buffer, blob: Buffer, context: unknown) => {
    const decipher = createDecipheriv("aes-256-gcm", key, blob.subarray(0, 12))
      .setAAD(Buffer.from(JSON.stringify(context)))
      .setAuthTag(blob.subarray(12, 28))
    return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()])
  }
  const answer = (request: IncomingMessage, body: string): readonly [number, unknown] => {
    const action = String(request.headers["x-amz-target"]).replace("TrentService.", "")
    calls.push(action)
    if (control.failing-- > 0) return [500, { __type: "KMSInternalException" }]
    if (!isSigned(request, body)) return [400, { __type: "IncompleteSignatureException" }]
    const input = JSON.parse(body)
    const key = keys.get(input.KeyId)
    if (key === undefined) return [400, { __type: "com.amazonaws.kms#NotFoundException", message: "no such key" }]
    if (control.disabled) return [400, { __type: "DisabledException" }]
    switch (action) {
      case "GenerateDataKey": {
        const plaintext = randomBytes(32)
        return [200, {
          KeyId: input.KeyId,
          Plaintext: plaintext.toString("base64"),
          CiphertextBlob: seal(key, plaintext, input.EncryptionContext)
        }]
      }
      case "Encrypt":
        return [200, {
          KeyId: input.KeyId,
          CiphertextBlob: seal(key, Buffer.from(input.Plaintext, "base64"), input.EncryptionContext)
        }]
      case "Decrypt":
        try {
          const plaintext = open(key, Buffer.from(input.CiphertextBlob, "base64"), input.EncryptionContext)
          return [200, { KeyId: input.KeyId, Plaintext: plaintext.toString("base64") }]
        } catch {
          return [400, { __type: "InvalidCiphertextException" }]
        }
      default:
        return [400, { __type: "UnknownOperationException" }]
    }
  }
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => {
      body += chunk
    })
    request.on("end", () => {
      const [status, json] = answer(request, body)
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(json))
    })
  })
  yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
  yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}`, calls, control }
})

const location = { table: "channels", column: "token", id: "1" }
const seal = (text: string) => Secrets.Secrets.use((secrets) => secrets.seal(location, Redacted.make(text)))
const open = (sealed: string) =>
  Secrets.Secrets.use((secrets) => Effect.map(secrets.open(location, sealed), Redacted.value))

describe.each(TestDatabase.all)("Master keys in a key management service, on $name", (database) => {
  const optionsOf = (endpoint: string, changes: Partial<AwsKms.AwsKmsOptions> = {}): AwsKms.AwsKmsOptions => ({
    endpoint,
    region,
    keyId: "alias/wicara",
    accessKeyId,
    secretAccessKey: Redacted.make(secretAccessKey),
    ...changes
  })
  const using = (options: AwsKms.AwsKmsOptions) =>
    Effect.provide(Layer.fresh(Secrets.Secrets.layerSql.pipe(
      Layer.provide(AwsKms.layer(options)),
      Layer.provide(NodeHttpClient.layerUndici)
    )))
  const newOrganization = Effect.map(
    Id.next(OrganizationId),
    (id) => Effect.provideService(CurrentOrganization, { id })
  )
  const scoped = <A, E>(
    effect: Effect.Effect<A, E, Layer.Success<ReturnType<typeof migrated>> | Scope.Scope>
  ) => effect.pipe(Effect.scoped, Effect.provide(migrated(database)))

  it.live("wraps data keys that open what was sealed, bound to their organization", () =>
    scoped(Effect.gen(function*() {
      const kms = yield* makeKms
      const [within, elsewhere] = [yield* newOrganization, yield* newOrganization]
      const sealed = yield* seal("token").pipe(within, using(optionsOf(kms.endpoint)))
      assert.deepStrictEqual(kms.calls, ["GenerateDataKey", "Decrypt"])
      assert.strictEqual(yield* open(sealed).pipe(within, using(optionsOf(kms.endpoint))), "token")
      const foreign = yield* open(sealed).pipe(elsewhere, using(optionsOf(kms.endpoint)), Effect.flip)
      assert.strictEqual(foreign._tag === "SecretUnreadable" && foreign.reason, "unknown-key")
      const service = yield* Effect.map(
        Layer.build(AwsKms.layer(optionsOf(kms.endpoint)).pipe(Layer.provide(NodeHttpClient.layerUndici))),
        (context) => Context.get(context, MasterKeys.MasterKeys)
      )
      const organizationId = yield* Id.next(OrganizationId)
      const { keyId, wrapped } = yield* service.generate({ organizationId, version: 1 })
      const moved = yield* Effect.flip(service.unwrap(keyId, wrapped, { organizationId, version: 2 }))
      assert.strictEqual(moved.reason, "refused")
    })))

  it.live("takes over from keys of the environment while secrets stay readable, with progress", () =>
    scoped(Effect.gen(function*() {
      const kms = yield* makeKms
      const within = yield* newOrganization
      const ring = MasterKeys.ring(yield* MasterKeys.generate)
      const local = Effect.provide(
        Layer.fresh(Secrets.Secrets.layerSql.pipe(Layer.provide(MasterKeys.MasterKeys.layer(ring))))
      )
      const sealed = yield* seal("token").pipe(within, local)
      const previous = Context.get(yield* Layer.build(MasterKeys.MasterKeys.layer(ring)), MasterKeys.MasterKeys)
      const both = using(optionsOf(kms.endpoint, { previous }))
      assert.strictEqual(yield* open(sealed).pipe(within, both), "token")
      const status = Secrets.Secrets.use((secrets) => secrets.status)
      const counts = (keys: ReadonlyArray<Secrets.MasterKeyStatus>) =>
        keys.map(({ dataKeys, isCurrent }) => [isCurrent, dataKeys])
      assert.deepStrictEqual(counts(yield* status.pipe(both)), [[true, 0], [false, 1]])
      assert.strictEqual(yield* Secrets.Secrets.use((secrets) => secrets.rewrapSome(10)).pipe(both), 1)
      assert.strictEqual(yield* Secrets.Secrets.use((secrets) => secrets.rewrapSome(10)).pipe(both), 0)
      const alone = using(optionsOf(kms.endpoint))
      assert.deepStrictEqual(counts(yield* status.pipe(alone)), [[true, 1]])
      assert.strictEqual(yield* open(sealed).pipe(within, alone), "token")
      const next = using(optionsOf(kms.endpoint, { keyId: "alias/next" }))
      assert.strictEqual(yield* Secrets.Secrets.use((secrets) => secrets.rewrap).pipe(next), 1)
      assert.strictEqual(yield* open(sealed).pipe(within, next), "token")
    })))

  it.live("an error that passes is tried again, a refusal is told, and neither shows a secret", () =>
    scoped(Effect.gen(function*() {
      const kms = yield* makeKms
      const within = yield* newOrganization
      kms.control.failing = 2
      const sealed = yield* seal("token").pipe(within, using(optionsOf(kms.endpoint)))
      kms.control.disabled = true
      const disabled = yield* open(sealed).pipe(within, using(optionsOf(kms.endpoint)), Effect.flip)
      assert.strictEqual(disabled._tag === "SecretUnreadable" && disabled.reason, "unavailable")
      kms.control.disabled = false
      kms.control.failing = 100
      const away = yield* open(sealed).pipe(within, using(optionsOf(kms.endpoint)), Effect.flip)
      assert.strictEqual(away._tag === "SecretUnreadable" && away.reason, "unavailable")
      kms.control.failing = 0
      const wrongKey = optionsOf(kms.endpoint, { secretAccessKey: Redacted.make("wrong") })
      const unsigned = yield* open(sealed).pipe(within, using(wrongKey), Effect.flip)
      assert.strictEqual(unsigned._tag === "SecretUnreadable" && unsigned.reason, "unavailable")
      assert.notInclude(String(unsigned), "wrong")
    })))
})
