/** Credentials of a key management service that an operator replaces in a file while the server runs. */
import { NodeCrypto, NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import { Effect, FileSystem, Layer } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import * as MasterKeySource from "../src/MasterKeySource.ts"
import * as ServerConfig from "../src/ServerConfig.ts"

interface Call {
  readonly accessKeyId: string
  readonly sessionToken: string | undefined
}

/** A service that says with which credentials it was called, and refuses those that were taken back. */
const service = Effect.gen(function*() {
  const calls: Array<Call> = []
  const revoked = new Set<string>()
  const server = Http.createServer((request, response) => {
    request.resume()
    request.on("end", () => {
      const [, accessKeyId = ""] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? "") ?? []
      const token = request.headers["x-amz-security-token"]
      calls.push({ accessKeyId, sessionToken: typeof token === "string" ? token : undefined })
      const key = Buffer.alloc(32, 7).toString("base64")
      const [status, body] = revoked.has(accessKeyId)
        ? [400, { __type: "UnrecognizedClientException" }]
        : [200, { KeyId: "alias/wicara", Plaintext: key, CiphertextBlob: key }]
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body))
    })
  })
  yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
  yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
  const { port } = server.address() as AddressInfo
  return { calls, revoked, endpoint: `http://127.0.0.1:${port}` }
})

describe("The credentials of a key management service", () => {
  it.live("are read from their file at each call, and what is in a file that can't be read is not told", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { calls, endpoint, revoked } = yield* service
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "wicara-kms-" })
      const file = Path.join(folder, "credentials.json")
      const write = (credentials: object) => fs.writeFileString(file, `${JSON.stringify(credentials)}\n`)
      const config = yield* ServerConfig.load({
        WICARA_DATA_DIR: folder,
        WICARA_KMS_KEY_ID: "alias/wicara",
        WICARA_KMS_REGION: "eu-central-1",
        WICARA_KMS_ENDPOINT: endpoint,
        WICARA_KMS_CREDENTIALS_FILE: file
      })
      yield* write({ Version: 1, AccessKeyId: "FIRST", SecretAccessKey: "the first secret" })
      yield* Effect.gen(function*() {
        const keys = yield* MasterKeys
        const organizationId = yield* Id.next(OrganizationId)
        const generate = keys.generate({ organizationId, version: 1 })
        yield* generate
        yield* write({
          AccessKeyId: "SECOND",
          SecretAccessKey: "the second secret",
          SessionToken: "for an hour",
          Expiration: "2026-01-01T00:00:00Z"
        })
        revoked.add("FIRST")
        yield* generate
        assert.deepStrictEqual(calls, [
          { accessKeyId: "FIRST", sessionToken: undefined },
          { accessKeyId: "SECOND", sessionToken: "for an hour" }
        ])
        yield* fs.writeFileString(file, "{ \"AccessKeyId\": \"THIRD\", \"SecretAccessKey\": \"half a sec")
        const failed = yield* Effect.flip(generate)
        assert.include(failed.message, file)
        assert.notInclude(failed.message, "half a sec")
        assert.lengthOf(calls, 2, "nothing is asked without credentials")
      }).pipe(Effect.provide(MasterKeySource.layer.pipe(
        Layer.provide(Layer.succeed(ServerConfig.ServerConfig, config)),
        Layer.provide(NodeHttpClient.layerUndici)
      )))
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(NodeServices.layer, NodeCrypto.layer))))
})
