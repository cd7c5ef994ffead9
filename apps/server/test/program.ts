/** The `wicara` command in a process of its own. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { spawn, spawnSync } from "node:child_process"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

/** As it is delivered, which `npm test` builds first and which starts in half the time; else from its sources. */
const main = process.env["WICARA_TEST_SERVER"] ?? fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Sources that were read before start in a third of the time. */
const cache = Path.join(Os.tmpdir(), "wicara-test-compile-cache")

/** What a process did. */
export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that runs; it is killed when the scope closes. */
export interface Program {
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
  /** The match in what it has printed, as soon as there is one; fails when it ends without. */
  readonly prints: (pattern: RegExp) => Effect.Effect<RegExpExecArray>
}

type Variables = Readonly<Record<string, string>>

/** Starts `wicara` with the arguments and nothing but these variables, in a folder if one is given. */
export const start = (
  args: ReadonlyArray<string>,
  variables: Variables,
  folder?: string
): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const env = { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: cache, ...variables }
        const child = spawn(process.execPath, [main, ...args], {
          env,
          cwd: folder,
          stdio: ["ignore", "pipe", "pipe"]
        })
        const output = { stdout: "", stderr: "" }
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          output.stdout += text
        })
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          output.stderr += text
        })
        const ended = new Promise<Ended>((resolve) => {
          child.on("close", (code, signal) => resolve({ code, signal, ...output }))
        })
        return { child, output, ended }
      }),
      ({ child, ended }) =>
        Effect.promise(() => {
          child.kill("SIGKILL")
          return ended
        })
    ),
    ({ child, ended, output }): Program => ({
      kill: (signal) => Effect.asVoid(Effect.sync(() => child.kill(signal))),
      ended: Effect.promise(() => ended),
      prints: (pattern) =>
        Effect.callback<RegExpExecArray>((resume) => {
          const look = () => {
            const match = pattern.exec(output.stdout)
            if (match === null) return
            child.stdout.off("data", look)
            resume(Effect.succeed(match))
          }
          child.stdout.on("data", look)
          look()
          void ended.then(({ code, stderr, stdout }) =>
            resume(Effect.die(new Error(`wicara ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`)))
          )
        })
    })
  )

/** Runs `wicara` to its end. */
export const run = (args: ReadonlyArray<string>, variables: Variables, folder?: string): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(args, variables, folder), ({ ended }) => ended))

/** Whether this machine has what runs a program at a terminal: util-linux's `script`. */
export const hasTerminal = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "")

/** A program at a terminal of its own. */
export interface Terminal {
  readonly types: (keys: string) => Effect.Effect<void>
  /** The match in what it has shown since the last one, as soon as there is one; fails when it ends without. */
  readonly shows: (pattern: RegExp) => Effect.Effect<RegExpExecArray>
  /** Its exit code. */
  readonly ended: Effect.Effect<number | null>
}

/** Starts `wicara` at a terminal with 120 columns; `hasTerminal` says whether that is possible. */
export const atTerminal = (
  args: ReadonlyArray<string>,
  variables: Variables
): Effect.Effect<Terminal, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const command = [process.execPath, main, ...args].map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(" ")
        const env = { PATH: process.env["PATH"] ?? "", TERM: "xterm", NODE_COMPILE_CACHE: cache, ...variables }
        const child = spawn("script", ["-qfec", `stty cols 120 rows 90; exec ${command}`, "/dev/null"], {
          env,
          stdio: ["pipe", "pipe", "inherit"]
        })
        const screen = { shown: "", from: 0 }
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          screen.shown += text
        })
        const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
        return { child, screen, ended }
      }),
      ({ child, ended }) =>
        Effect.promise(() => {
          child.kill("SIGKILL")
          return ended
        })
    ),
    ({ child, ended, screen }): Terminal => ({
      types: (keys) => Effect.asVoid(Effect.sync(() => child.stdin.write(keys))),
      ended: Effect.promise(() => ended),
      shows: (pattern) =>
        Effect.callback<RegExpExecArray>((resume) => {
          const look = () => {
            const match = pattern.exec(screen.shown.slice(screen.from))
            if (match === null) return
            child.stdout.off("data", look)
            screen.from += match.index + match[0].length
            resume(Effect.succeed(match))
          }
          child.stdout.on("data", look)
          look()
          void ended.then((code) =>
            resume(
              Effect.die(
                new Error(`wicara ${args.join(" ")} ended with ${code}, not showing ${pattern}: ${screen.shown}`)
              )
            )
          )
        })
    })
  )
