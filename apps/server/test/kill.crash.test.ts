/**
 * The kill run, shortened: `npm run kill` in `bench` runs it at full length (50 kills, 2,000 messages).
 */
import { assert, describe, it } from "@effect/vitest"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Schema } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"

const Summary = Schema.fromJsonString(Schema.Struct({
  kills: Schema.Int,
  messages: Schema.Int,
  stored: Schema.Int,
  storedOnce: Schema.Int,
  unanswered: Schema.Int,
  doubled: Schema.Int,
  explained: Schema.Int,
  problems: Schema.Array(Schema.String)
}))

const run = (database: string): Promise<typeof Summary.Type> =>
  new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [
        fileURLToPath(new URL("../../../bench/kill.ts", import.meta.url)),
        "--kills=12",
        "--messages=240",
        "--patience=240",
        `--database=${database}`,
        "--json"
      ],
      { env: { ...process.env, KILL_FROM_SOURCE: "1" }, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) =>
        stdout.trim() === ""
          ? reject(new Error(`the kill run ended without a result: ${error?.message ?? ""}\n${stderr.slice(-4000)}`))
          : resolve(Schema.decodeSync(Summary)(stdout))
    )
  })

describe.each(TestDatabase.all.map((database) => database.name))(
  "a server that is killed again and again, on %s",
  (database) => {
    it("loses no message and answers none twice", async () => {
      const summary = await run(database)
      assert.isAtLeast(summary.kills, 10)
      assert.strictEqual(summary.stored, summary.messages)
      assert.strictEqual(summary.storedOnce, summary.messages)
      assert.strictEqual(summary.doubled, 0, summary.problems.join("\n"))
      // What was never answered must wait for a person, because the provider never told what became of the answer.
      assert.strictEqual(summary.unanswered, summary.explained, summary.problems.join("\n"))
    }, 600_000)
  }
)
