/** One process works on an embedded database, and the next one as soon as it ends. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Schedule, Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as FolderLock from "../src/FolderLock.ts"

const withFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "wicara-lock-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(Effect.map((folder) => join(folder, "wicara.db")))

const holder = new URL("../src/FolderLock.ts", import.meta.url).href

it.live("a second holder gets the lock when the first one lets go of it", () =>
  Effect.gen(function*() {
    const file = yield* withFile
    const first = yield* Scope.make()
    assert.isTrue(yield* Effect.provideService(FolderLock.acquire(file), Scope.Scope, first))
    assert.isFalse(yield* FolderLock.acquire(file))
    assert.isTrue(yield* FolderLock.acquire(`${file}-other`))
    yield* Scope.close(first, Exit.void)
    assert.isTrue(yield* FolderLock.acquire(file))
  }).pipe(Effect.scoped))

it.live("a process that is killed lets go of the lock at once", () =>
  Effect.gen(function*() {
    const file = yield* withFile
    const child = spawn(process.execPath, [
      "--input-type=module",
      "-e",
      `import { Effect } from "effect"
       import { acquire } from ${JSON.stringify(holder)}
       Effect.runPromise(Effect.scoped(Effect.andThen(
         Effect.tap(acquire(${
        JSON.stringify(file)
      }), (isTaken) => Effect.sync(() => process.stdout.write(String(isTaken)))),
         Effect.never
       )))
       setInterval(() => {}, 1000)`
    ], { stdio: ["ignore", "pipe", "inherit"], cwd: new URL("..", import.meta.url) })
    yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
    const [said] = yield* Effect.promise(() => once(child.stdout, "data"))
    assert.strictEqual(String(said), "true")
    assert.isFalse(yield* FolderLock.acquire(file))
    child.kill("SIGKILL")
    yield* FolderLock.acquire(file).pipe(
      Effect.repeat({ until: (isTaken) => isTaken, schedule: Schedule.spaced("10 millis") }),
      Effect.timeout("2 seconds")
    )
  }).pipe(Effect.scoped))
