import { assert, describe, layer } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import { NotFound } from "@wicara/core/Problem"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { BlobStore, keyOf } from "@wicara/files/BlobStore"
import { FileId } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import * as ClamAv from "@wicara/files/ClamAv"
import { ScanFailure, VirusScanner } from "@wicara/files/VirusScanner"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { type Cause, Deferred, Effect, Exit, Fiber, Layer, Option, Queue, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as Clamd from "./Clamd.ts"
import {
  bytes,
  collect,
  count,
  keys,
  layer as layerFiles,
  long,
  megabyte,
  newOrganization,
  png,
  text,
  within
} from "./support.ts"

const upload = (name: string, content: Stream.Stream<Uint8Array>, more: { readonly expiresIn?: "1 hour" } = {}) =>
  Files.use((files) => files.upload({ name, content, ...more }))

const contentOf = (id: FileId) =>
  Effect.flatMap(Files.use((files) => files.content(id)), ({ read }) => Effect.map(collect(read()), String))

const usage = Files.use((files) => files.usage)

/** A content that stands still until it is told to go on. */
const halting = Effect.gen(function*() {
  const begun = yield* Deferred.make<void>()
  const chunks = yield* Queue.make<Uint8Array, Cause.Done>()
  yield* Queue.offer(chunks, bytes("first "))
  const content = Stream.tap(Stream.fromQueue(chunks), () => Deferred.succeed(begun, undefined))
  const finish = Effect.andThen(Queue.offer(chunks, bytes("last")), Queue.end(chunks))
  return { begun: Deferred.await(begun), content, finish }
})

const keyFor = (organization: OrganizationId, id: FileId) => keyOf(organization, id)

describe.each(TestDatabase.all)("Files on $name", (database) => {
  layer(layerFiles(database.layer))((it) => {
    it.effect("are stored under a harmless name, with what they are by their content, and read back", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const stored = yield* upload("../../faktur.txt", Stream.make(png, bytes("and more")))
          assert.strictEqual(stored.name, "faktur.txt")
          assert.strictEqual(stored.contentType, "image/png")
          assert.strictEqual(stored.size, png.length + 8)
          const { read } = yield* files.content(stored.id)
          assert.strictEqual(String(yield* collect(read({ start: png.length, end: png.length + 2 }))), "and")
          assert.deepStrictEqual(yield* files.get(stored.id), stored)
          assert.deepStrictEqual(yield* usage, { files: 1, bytes: stored.size, quota: 10 * megabyte })
          const records = yield* Audit.use((audit) => audit.list({}))
          assert.deepStrictEqual(records.data.map(({ action }) => action), ["file.stored"])
        }).pipe(within(organization))
      }))

    it.effect("are described, found by their descriptions, and deleted with their contents", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const one = yield* upload("scan-0001.txt", text("one"))
          const two = yield* upload("100%_sure.txt", text("two"))
          yield* files.update(one.id, { title: "Contract of Sari", labels: ["legal", "2026"], name: "a/b.txt" })
          const found = (search: string) => Effect.map(files.list({ search }), ({ data }) => data.map(({ id }) => id))
          assert.deepStrictEqual(yield* found("CONTRACT"), [one.id])
          assert.deepStrictEqual(yield* found("legal"), [one.id])
          assert.deepStrictEqual(yield* found("0%_s"), [two.id])
          assert.deepStrictEqual(yield* found("b.txt"), [one.id])
          assert.deepStrictEqual(yield* found("nothing"), [])
          const page = yield* files.list({ limit: 1 })
          assert.deepStrictEqual(page.data.map(({ id }) => id), [two.id])
          const rest = yield* files.list({ limit: 1, cursor: page.nextCursor! })
          assert.deepStrictEqual(rest.data.map(({ id }) => id), [one.id])
          yield* files.delete(one.id)
          assert.instanceOf(yield* Effect.flip(files.get(one.id)), NotFound)
          assert.notInclude(yield* keys, keyFor(organization, one.id))
          assert.strictEqual(yield* count("files_removals"), 0)
          assert.deepStrictEqual(yield* usage, { files: 1, bytes: 3, quota: 10 * megabyte })
        }).pipe(within(organization))
      }))

    it.effect("that are too large, empty or of a kind that is not taken leave nothing behind", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const before = yield* keys
          const refused = [
            yield* Effect.flip(upload("large.txt", long(5 * megabyte))),
            yield* Effect.flip(
              Files.use((files) => files.upload({ name: "a", content: text("a"), size: 5 * megabyte }))
            ),
            yield* Effect.flip(upload("empty.txt", Stream.empty)),
            yield* Effect.flip(upload("picture.png", text("<html><script>alert(1)</script>"))),
            yield* Effect.flip(upload("picture.png", Stream.make(bytes("MZ\u0090\u0000"))))
          ]
          assert.deepStrictEqual(
            refused.map(({ _tag }) => _tag),
            ["FileTooLarge", "FileTooLarge", "InvalidInput", "FileTypeRefused", "FileTypeRefused"]
          )
          assert.deepStrictEqual(yield* usage, { files: 0, bytes: 0, quota: 10 * megabyte })
          assert.deepStrictEqual(yield* keys, before)
          assert.isEmpty((yield* Files.use((files) => files.list({}))).data)
        }).pipe(within(organization))
      }))

    it.effect("sent at once never exceed the quota together, and fill it", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const sent = yield* Effect.all(
            Array.from({ length: 8 }, (_, n) => Effect.result(upload(`${n}.txt`, long(3 * megabyte)))),
            { concurrency: "unbounded" }
          )
          const refused = sent.filter(({ _tag }) => _tag === "Failure")
          for (const one of refused) assert.strictEqual(one._tag === "Failure" && one.failure._tag, "FileQuotaExceeded")
          const stored = sent.length - refused.length
          assert.isAtMost(stored, 3)
          assert.deepStrictEqual(yield* usage, { files: stored, bytes: stored * 3 * megabyte, quota: 10 * megabyte })
          // What reservations of the others kept out has room now.
          yield* Effect.forEach(Array.from({ length: 3 - stored }), () => upload("late.txt", long(3 * megabyte)))
          assert.strictEqual((yield* Effect.flip(upload("more.txt", long(2 * megabyte))))._tag, "FileQuotaExceeded")
          assert.strictEqual((yield* files.setQuota(Option.some(12 * megabyte))).quota, 12 * megabyte)
          yield* upload("more.txt", long(2 * megabyte))
          assert.strictEqual((yield* files.setQuota(Option.none())).quota, 10 * megabyte)
        }).pipe(within(organization))
        // Another organization has a quota of its own.
        yield* upload("theirs.txt", long(3 * megabyte)).pipe(within(yield* newOrganization))
      }))

    it.effect("of one organization are nothing to another", () =>
      Effect.gen(function*() {
        const [mine, other] = [yield* newOrganization, yield* newOrganization]
        const { id } = yield* upload("mine.txt", text("secret")).pipe(within(mine))
        yield* Effect.gen(function*() {
          const files = yield* Files
          const refused = [
            yield* Effect.flip(files.get(id)),
            yield* Effect.flip(files.content(id)),
            yield* Effect.flip(files.update(id, { title: "theirs" })),
            yield* Effect.flip(files.delete(id)),
            yield* Effect.flip(files.hold(id, "theirs")),
            yield* Effect.flip(files.link(id, { expiresIn: "1 hour" }))
          ]
          for (const error of refused) assert.strictEqual(error._tag, "NotFound")
          assert.isEmpty((yield* files.list({})).data)
        }).pipe(within(other))
        assert.strictEqual(yield* contentOf(id).pipe(within(mine)), "secret")
      }))

    it.effect("sent again under the same key are the same file; another content is refused", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const send = (content: Stream.Stream<Uint8Array>) =>
            files.upload({ name: "a.txt", content, idempotencyKey: "key-1" })
          const first = yield* send(text("the same"))
          assert.deepStrictEqual(yield* send(Stream.make(bytes("the "), bytes("same"))), first)
          assert.strictEqual((yield* Effect.flip(send(text("another"))))._tag, "IdempotencyKeyReused")
          const slow = yield* halting
          const sending = yield* Effect.forkChild(
            files.upload({ name: "b.txt", content: slow.content, idempotencyKey: "key-2" })
          )
          yield* slow.begun
          const again = files.upload({ name: "b.txt", content: text("first last"), idempotencyKey: "key-2" })
          assert.strictEqual((yield* Effect.flip(again))._tag, "IdempotencyKeyInFlight")
          yield* slow.finish
          const { id } = yield* Fiber.join(sending)
          assert.strictEqual((yield* again).id, id)
          assert.strictEqual((yield* usage).files, 2)
        }).pipe(within(organization))
      }))

    it.effect("on their way survive every clean-up, however long they take", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const slow = yield* halting
          const sending = yield* Effect.forkChild(upload("slow.txt", slow.content))
          yield* slow.begun
          for (let minute = 0; minute < 5; minute++) {
            yield* TestClock.adjust("25 seconds")
            yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
            assert.strictEqual(yield* files.cleanup(100), 0)
            yield* files.sweep
          }
          yield* slow.finish
          const stored = yield* Fiber.join(sending)
          assert.strictEqual(yield* contentOf(stored.id), "first last")
          yield* files.sweep
          assert.strictEqual(yield* contentOf(stored.id), "first last")
        }).pipe(within(organization))
      }))

    it.effect("that a process left half sent are cleared away, and it can't finish them any more", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const sql = yield* SqlClient.SqlClient
          const slow = yield* halting
          const sending = yield* Effect.forkChild(Effect.exit(upload("slow.txt", slow.content)))
          yield* slow.begun
          assert.isAbove((yield* usage).bytes, 0)
          yield* sql`UPDATE files_files SET lease_until = 0 WHERE organization_id = ${Id.toBytes(organization)}`
          assert.strictEqual(yield* files.cleanup(100), 1)
          assert.deepStrictEqual(yield* usage, { files: 0, bytes: 0, quota: 10 * megabyte })
          yield* slow.finish
          assert.isTrue(Exit.isFailure(yield* Fiber.join(sending)))
          assert.isEmpty((yield* files.list({})).data)
          assert.deepStrictEqual(yield* usage, { files: 0, bytes: 0, quota: 10 * megabyte })
          yield* files.sweep
          assert.isFalse((yield* keys).some((key) => key.startsWith(organization)))
        }).pipe(within(organization))
      }))

    it.effect("whose sender hangs up are forgotten at once", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const slow = yield* halting
          const sending = yield* Effect.forkChild(upload("slow.txt", slow.content))
          yield* slow.begun
          yield* Fiber.interrupt(sending)
          assert.deepStrictEqual(yield* usage, { files: 0, bytes: 0, quota: 10 * megabyte })
          assert.isFalse((yield* keys).some((key) => key.startsWith(organization)))
        }).pipe(within(organization))
      }))

    it.effect("expire unless something holds them, and what is held is not deleted", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const [gone, held, kept] = [
            yield* upload("gone.txt", text("gone"), { expiresIn: "1 hour" }),
            yield* upload("held.txt", text("held"), { expiresIn: "1 hour" }),
            yield* upload("kept.txt", text("kept"))
          ]
          yield* files.hold(held.id, "message:1")
          yield* files.hold(held.id, "message:1")
          assert.strictEqual(yield* files.cleanup(100), 0)
          yield* TestClock.adjust("61 minutes")
          assert.strictEqual(yield* files.cleanup(100), 1)
          assert.deepStrictEqual((yield* files.list({})).data.map(({ id }) => id), [kept.id, held.id])
          assert.notInclude(yield* keys, keyFor(organization, gone.id))
          assert.strictEqual((yield* Effect.flip(files.delete(held.id)))._tag, "Conflict")
          assert.strictEqual(yield* contentOf(held.id), "held")
          yield* files.release(held.id, "message:1")
          yield* files.delete(held.id)
          assert.strictEqual((yield* usage).bytes, 4)
        }).pipe(within(organization))
      }))

    it.effect("have contents that a sweep keeps, while it takes those away that have no file", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const blobs = yield* BlobStore
          const { id } = yield* upload("kept.txt", text("kept"))
          const orphan = keyFor(organization, yield* Id.next(FileId))
          yield* blobs.put(orphan, text("nobody's"))
          assert.strictEqual(yield* files.sweep, 1)
          assert.notInclude(yield* keys, orphan)
          assert.strictEqual(yield* contentOf(id), "kept")
        }).pipe(within(organization))
      }))

    it.effect("are opened by a link until it expires, is changed, or all links are revoked", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        const files = yield* Files
        const open = (token: string) => Effect.map(Effect.option(files.openLink(token)), Option.isSome)
        yield* Effect.gen(function*() {
          const one = yield* upload("one.txt", text("one"))
          const short = yield* files.link(one.id, { expiresIn: "10 minutes", inline: true })
          const long = yield* files.link(one.id, { expiresIn: "7 days" })
          const { file, inline, read } = yield* files.openLink(short.token)
          assert.deepStrictEqual([file.id, inline, String(yield* collect(read()))], [one.id, true, "one"])
          for (let at = 0; at < short.token.length; at += 7) {
            const other = short.token[at] === "A" ? "B" : "A"
            assert.isFalse(yield* open(`${short.token.slice(0, at)}${other}${short.token.slice(at + 1)}`), `at ${at}`)
          }
          yield* TestClock.adjust("11 minutes")
          assert.deepStrictEqual([yield* open(short.token), yield* open(long.token)], [false, true])
          assert.strictEqual((yield* Effect.flip(files.link(one.id, { expiresIn: "8 days" })))._tag, "InvalidInput")
          yield* files.revokeLinks
          assert.isFalse(yield* open(long.token))
          const last = yield* files.link(one.id, { expiresIn: "1 hour" })
          assert.isTrue(yield* open(last.token))
          yield* files.delete(one.id)
          assert.isFalse(yield* open(last.token))
        }).pipe(within(organization))
      }))
  })

  layer(layerFiles(database.layer))("that were made of others", (it) => {
    const thumbnail = (content: string) => ({ name: "thumbnail.txt", content: text(content) })

    it.effect("are stored once for each purpose, counted, listed nowhere, and go with their originals", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const files = yield* Files
          const original = yield* upload("original.txt", text("original"))
          const made = yield* Effect.all(
            ["small", "tiny", "less"].map((content) => files.derive(original.id, "thumbnail", thumbnail(content))),
            { concurrency: 3 }
          )
          const [first] = made
          assert.deepStrictEqual([...new Set(made.map(({ id }) => id))], [first?.id])
          assert.isNull(first?.expiresAt)
          assert.deepStrictEqual((yield* files.list({})).data.map(({ id }) => id), [original.id])
          assert.strictEqual((yield* Effect.flip(files.delete(first!.id)))._tag, "Conflict")
          assert.deepInclude(yield* usage, { files: 2, bytes: "original".length + first!.size })
          yield* files.delete(original.id)
          assert.deepInclude(yield* usage, { files: 0, bytes: 0 })
          assert.strictEqual((yield* Effect.flip(files.get(first!.id)))._tag, "NotFound")
          yield* files.cleanup(100)
          assert.isFalse((yield* keys).some((key) => key.startsWith(organization)))
          const late = yield* Effect.flip(files.derive(original.id, "thumbnail", thumbnail("late")))
          assert.strictEqual(late._tag, "NotFound")
        }).pipe(within(organization))
      }))

    it.effect("go when their originals expire, and are made of no other organization's", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        const other = yield* newOrganization
        const files = yield* Files
        const original = yield* upload("original.txt", text("original"), { expiresIn: "1 hour" }).pipe(
          within(organization)
        )
        const foreign = yield* Effect.flip(files.derive(original.id, "thumbnail", thumbnail("x")).pipe(within(other)))
        assert.strictEqual(foreign._tag, "NotFound")
        yield* files.derive(original.id, "thumbnail", thumbnail("small")).pipe(within(organization))
        yield* TestClock.adjust("2 hours")
        yield* files.cleanup(100)
        assert.deepInclude(yield* usage.pipe(within(organization)), { files: 0, bytes: 0 })
      }))
  })

  const scanned = Layer.unwrap(
    Effect.map(Clamd.Clamd, ({ port }) => layerFiles(database.layer, ClamAv.layer({ host: "127.0.0.1", port })))
  ).pipe(Layer.provideMerge(Clamd.layer))

  layer(scanned, { excludeTestServices: true })("with a virus scanner", (it) => {
    it.effect("are refused when it finds something, which is recorded, and stored when it does not", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          const infected = yield* Effect.flip(upload("harmless.txt", text(Clamd.eicar)))
          assert.strictEqual(infected._tag, "FileInfected")
          assert.isFalse((yield* keys).some((key) => key.startsWith(organization)))
          assert.deepStrictEqual(yield* usage, { files: 0, bytes: 0, quota: 10 * megabyte })
          const { data: [record] } = yield* Audit.use((audit) => audit.list({}))
          assert.strictEqual(record?.action, "file.refused")
          assert.deepStrictEqual(record?.after, { name: "harmless.txt", signature: "Win.Test.EICAR_HDB-1" })
          yield* upload("clean.txt", text("clean"))
        }).pipe(within(organization))
      }))
  })

  const broken = Layer.succeed(VirusScanner, {
    scan: () => Effect.fail(new ScanFailure({ message: "it is away" })),
    check: Effect.fail(new ScanFailure({ message: "it is away" }))
  })

  layer(layerFiles(database.layer, broken))("with a scanner that is away", (it) => {
    it.effect("are not taken", () =>
      Effect.gen(function*() {
        const organization = yield* newOrganization
        yield* Effect.gen(function*() {
          assert.strictEqual((yield* Effect.flip(upload("a.txt", text("a"))))._tag, "Unavailable")
          assert.isEmpty((yield* Files.use((files) => files.list({}))).data)
          assert.isFalse((yield* keys).some((key) => key.startsWith(organization)))
        }).pipe(within(organization))
      }))
  })
})
