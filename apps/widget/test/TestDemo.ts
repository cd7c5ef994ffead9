/**
 * The demo page as the server puts it together: the page and the widget on one origin, both emulators below it.
 */
import type { Bubble } from "@wicara/testing/EmulatorPhones"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { readFileSync } from "node:fs"
import { createServer, request as forward } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join } from "node:path"
import { account, asking } from "./TestServer.ts"

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css"
}

const proxy = (target: string, request: IncomingMessage, response: ServerResponse) => {
  const out = forward(target, {
    method: request.method ?? "GET",
    headers: { ...request.headers, host: new URL(target).host }
  }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  out.on("error", () => {
    response.writeHead(502)
    response.end()
  })
  response.on("close", () => out.destroy())
  request.pipe(out)
}

export const emulated = { cloud: "15550102030", waha: "default" } as const

export interface TestDemo {
  readonly url: string
  /** The customer's chat as the emulator has it. */
  readonly chat: (channel: "cloud" | "waha", customer: string) => ReadonlyArray<Bubble>
  readonly reply: (channel: "cloud" | "waha", customer: string, text: string) => Promise<void>
  readonly typing: (channel: "cloud" | "waha", customer: string, on: boolean) => Promise<void>
  readonly read: (channel: "cloud" | "waha", customer: string, messageId: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** `folder` holds what the build wrote; the widget's calls go to the server at `api`. */
export const makeTestDemo = async (options: { readonly folder: string; readonly api: string }): Promise<TestDemo> => {
  const scope = Scope.makeUnsafe()
  const context = await Effect.runPromise(Layer.buildWithScope(
    Layer.mergeAll(
      WhatsAppCloudEmulator.layer({ accounts: { [emulated.cloud]: { accessToken: "a", appSecret: "s" } } }),
      WahaEmulator.layer({ accounts: { [emulated.waha]: { apiKey: "k" } } })
    ),
    scope
  ))
  const emulators = {
    cloud: Context.get(context, WhatsAppCloudEmulator),
    waha: Context.get(context, WahaEmulator)
  }
  const config = {
    widgetAccount: account.id,
    sampleAccount: asking.id,
    cloud: { controlUrl: "/demo/emulators/cloud", account: emulated.cloud },
    waha: { controlUrl: "/demo/emulators/waha", account: emulated.waha }
  }
  const server = createServer((request, response) => {
    const path = request.url ?? "/"
    const emulator = /^\/demo\/emulators\/(cloud|waha)(\/_emulator\/.*)$/.exec(path)
    if (emulator !== null) {
      return proxy(`${emulators[emulator[1] as "cloud" | "waha"].url}${emulator[2]}`, request, response)
    }
    if (path.startsWith("/v1/")) return proxy(`${options.api}${path}`, request, response)
    if (path === "/demo/config.json") {
      response.writeHead(200, { "content-type": "application/json" })
      return response.end(JSON.stringify(config))
    }
    const file = path === "/demo/" ? "demo/index.html" : path.slice(1)
    response.writeHead(200, { "content-type": types[extname(file)] ?? "text/plain" })
    return response.end(readFileSync(join(options.folder, file)))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const control = (channel: "cloud" | "waha") => emulators[channel]
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/demo/`,
    chat: (channel, customer) => control(channel).phones.chat(customer, emulated[channel]),
    reply: (channel, customer, text) =>
      Effect.runPromise(Effect.asVoid(
        control(channel).businessWrites({ account: emulated[channel], to: { phone: customer }, content: text })
      )),
    typing: (channel, customer, on) =>
      Effect.runPromise(control(channel).phones.typing(emulated[channel], customer, on)),
    read: (channel, customer, messageId) =>
      Effect.runPromise(control(channel).phones.read(emulated[channel], customer, messageId)),
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}
