/** Accounts of both WhatsApp channels at their emulated providers: what customers see of them, and who customers are. */
import { assert, layer } from "@effect/vitest"
import { WahaLids } from "@wicara/channels-waha/WahaLids"
import * as Id from "@wicara/core/Id"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Harness from "./harness.ts"

const png = Buffer.from(SampleFiles.sample("image").bytes).toString("base64")

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `channel accounts on ${database}`,
    (it) => {
      it.effect("what was read of people through an account is erased after the account is removed", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const tenant = yield* Harness.newTenant("Removed")
          const token = yield* Harness.tokenOf(tenant, "owner")
          const cloud = yield* Harness.newCloudAccount(tenant)
          const waha = yield* Harness.newWahaAccount(tenant)
          const left = yield* Harness.newWahaAccount(tenant)
          for (const { id } of [waha, left]) {
            yield* sql`INSERT INTO waha_lids ${
              sql.insert({
                organization_id: Id.toBytes(tenant.id),
                channel_account_id: Id.toBytes(id),
                lid: "100200@lid",
                phone: "6281300000042",
                attempts: 0
              })
            }`
          }
          yield* Harness.expectStatus(
            yield* Harness.request(`/v1/channel-accounts/${cloud.id}/whatsapp/messaging-limit`, { token }),
            200
          )
          const remaining = (table: string) =>
            Effect.map(
              sql<{ readonly id: Uint8Array }>`SELECT channel_account_id AS id FROM ${sql(table)}
                WHERE organization_id = ${Id.toBytes(tenant.id)}`,
              (rows) => rows.map(({ id }) => Id.fromBytes<string>(id))
            )
          assert.sameMembers(yield* remaining("waha_lids"), [waha.id, left.id])
          assert.deepStrictEqual(yield* remaining("whatsapp_cloud_accounts"), [cloud.id])
          for (const { id } of [cloud, waha]) {
            const removed = yield* Harness.request(`/v1/channel-accounts/${id}`, { method: "DELETE", token })
            yield* Harness.expectStatus(removed, 204)
          }
          const all = Effect.all([remaining("waha_lids"), remaining("whatsapp_cloud_accounts")])
          const last = yield* Effect.repeat(Effect.delay(all, "50 millis"), {
            until: ([lids, accounts]) => lids.length + accounts.length === 1
          }).pipe(Effect.timeout("15 seconds"))
          assert.deepStrictEqual(last, [[left.id], []])
        }))

      it.effect("a number's picture is replaced at WhatsApp Cloud, and a session's set and removed at WAHA", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Pictures")
          const stranger = yield* Harness.tokenOf(yield* Harness.newTenant("Strangers"), "owner")
          const token = yield* Harness.tokenOf(tenant, "admin")
          const cloud = yield* Harness.newCloudAccount(tenant)
          const waha = yield* Harness.newWahaAccount(tenant)
          const widget = yield* Harness.newWidgetAccount(tenant)
          const at = (id: string) => `/v1/channel-accounts/${id}/profile/picture`
          const put = (id: string, data: string, as = token) =>
            Harness.request(at(id), { method: "PUT", token: as, json: { data } })

          for (const id of [cloud.id, waha.id]) {
            const shown = yield* put(id, png)
            yield* Harness.expectStatus(shown, 200)
            assert.isString(shown.body.pictureUrl)
            const profile = yield* Harness.request(`/v1/channel-accounts/${id}/profile`, { token })
            assert.deepStrictEqual(profile.body, shown.body)
            // What customers read of it stayed as it was.
            const words = { method: "PATCH", token, json: { about: "Buka pukul 8" } }
            yield* Harness.expectStatus(yield* Harness.request(`/v1/channel-accounts/${id}/profile`, words), 200)
            const after = yield* put(id, png)
            assert.strictEqual(after.body.about, "Buka pukul 8")
          }
          const { requests } = yield* WhatsAppCloudEmulator
          const set = requests.findLast(({ body, url }) =>
            url.includes(`${cloud.phoneNumberId}/whatsapp_business_profile`) &&
            JSON.stringify(body ?? null).includes("handle")
          )
          assert.match(JSON.stringify(set?.body), /"profile_picture_handle":"4::/)

          const removed = yield* Harness.request(at(waha.id), { method: "DELETE", token })
          yield* Harness.expectStatus(removed, 200)
          assert.notProperty(removed.body, "pictureUrl")
          yield* Harness.expectProblem(yield* Harness.request(at(cloud.id), { method: "DELETE", token }), 409)

          // What is no picture, or too large, does not leave.
          // The checks of the account's health ask the provider too, whenever they are due.
          const written = () => requests.filter(({ method }) => method !== "GET").length
          const before = written()
          const noPicture = yield* put(cloud.id, Buffer.from("<svg/>").toString("base64"))
          yield* Harness.expectProblem(noPicture, 422)
          assert.deepInclude(noPicture.body, { field: "/data", detail: "This is no PNG or JPEG picture." })
          const large = Buffer.alloc(5 * 1024 * 1024 + 1)
          large.write("\x89PNG\r\n\x1a\n", "latin1")
          const tooLarge = yield* put(cloud.id, large.toString("base64"))
          yield* Harness.expectProblem(tooLarge, 422)
          assert.strictEqual(tooLarge.body.detail, "A profile picture has 5 MB at most.")
          assert.strictEqual(written(), before)
          yield* Harness.expectProblem(yield* put(widget.id, png), 409)
          yield* Harness.expectProblem(yield* put(cloud.id, png, stranger), 404)
          const agent = yield* Harness.tokenOf(tenant, "agent")
          yield* Harness.expectProblem(yield* put(cloud.id, png, agent), 403)

          const audited = yield* Harness.request("/v1/audit?action=channel.account.profile_changed", {
            token: yield* Harness.tokenOf(tenant, "owner")
          })
          assert.deepInclude(audited.body.data.map(({ after }: any) => after), {
            picture: { mimeType: "image/png", sizeBytes: Buffer.from(png, "base64").length }
          })
        }))

      /** A session of an organization whose customers hide their numbers, and one elsewhere that knows them. */
      const hiding = Effect.gen(function*() {
        const waha = yield* WahaEmulator
        const lids = yield* WahaLids
        const sql = yield* SqlClient.SqlClient
        const tenant = yield* Harness.newTenant("Hidden")
        const other = yield* Harness.newTenant("Elsewhere")
        const token = yield* Harness.tokenOf(tenant, "owner")
        const account = yield* Harness.newWahaAccount(tenant)
        const elsewhere = yield* Harness.newWahaAccount(other)
        const number = String(Harness.unique()).padStart(8, "0")
        const phone = `62813${number}`
        const lid = `88000${number}`
        const get = (path: string, as = token) => Harness.request(path, { token: as })
        const writes = (
          addressing: "phone" | "lid",
          from: { readonly phone?: string; readonly id?: string },
          text: string
        ) =>
          Effect.andThen(
            waha.setAccount(account.session, { addressing }),
            waha.customerWrites({ account: account.session, from, content: text })
          )
        const texts = (conversation: string) =>
          Effect.map(
            get(`/v1/conversations/${conversation}/messages`),
            ({ body }): ReadonlyArray<string> => body.data.map(({ content }: any) => content.text).toReversed()
          )
        return {
          token,
          phone,
          lid,
          writes,
          texts,
          /** Once there are as many: the contacts' ids. */
          contacts: (count: number) =>
            Effect.map(
              Harness.eventually(get("/v1/contacts"), ({ body }) => body?.data?.length === count),
              ({ body }): ReadonlyArray<string> => body.data.map(({ id }: any) => id)
            ),
          conversationsOf: (contact: string) =>
            Effect.map(
              get(`/v1/contacts/${contact}/conversations`),
              ({ body }): ReadonlyArray<string> => body.data.map(({ id }: any) => id)
            ),
          until: (conversation: string, text: string) =>
            Effect.timeout(
              Effect.repeat(texts(conversation), { until: (all) => all.includes(text) }),
              "10 seconds"
            ),
          /** Another organization's session meets them with both: that is how WAHA learns which number the id has. */
          learn: Effect.gen(function*() {
            yield* waha.setAccount(elsewhere.session, { addressing: "phone" })
            yield* waha.customerWrites({ account: elsewhere.session, from: { phone, id: lid }, content: "halo" })
            // It is asked for again in an hour, which has passed.
            yield* sql`UPDATE waha_lids SET due_at = 0, phone = NULL
              WHERE organization_id = ${Id.toBytes(tenant.id)} AND lid = ${lid}`
            yield* lids.runOnce
          }),
          merges: (contact: string) => Effect.map(get(`/v1/contacts/${contact}/merges`), ({ body }) => body.data),
          elsewhere: Effect.flatMap(Harness.tokenOf(other, "owner"), (as) => get("/v1/contacts", as))
        }
      })

      it.effect("who hides their number is answered in one conversation, also when the number is learned", () =>
        Effect.gen(function*() {
          const { contacts, conversationsOf, elsewhere, learn, lid, phone, texts, until, writes } = yield* hiding
          yield* writes("lid", { id: lid }, "satu")
          const [contact] = yield* contacts(1)
          const [conversation] = yield* conversationsOf(contact!)
          yield* learn
          yield* writes("phone", { phone, id: lid }, "dua")
          yield* until(conversation!, "dua")
          yield* writes("lid", { phone, id: lid }, "tiga")
          yield* until(conversation!, "tiga")
          assert.deepStrictEqual(yield* texts(conversation!), ["satu", "dua", "tiga"])
          assert.deepStrictEqual(yield* contacts(1), [contact!])
          assert.deepStrictEqual(yield* conversationsOf(contact!), [conversation!])
          assert.notStrictEqual((yield* elsewhere).body.data[0].id, contact)
        }))

      it.effect("two who turn out to be one have one history, and are two again when somebody says so", () =>
        Effect.gen(function*() {
          const { contacts, conversationsOf, learn, lid, merges, phone, token, until, writes } = yield* hiding
          yield* writes("phone", { phone }, "satu")
          const [known] = yield* contacts(1)
          yield* writes("lid", { id: lid }, "dua")
          const hidden = (yield* contacts(2)).find((id) => id !== known)!
          const [first] = yield* conversationsOf(known!)
          const [second] = yield* conversationsOf(hidden)
          assert.notStrictEqual(first, second)

          yield* learn
          const [one] = yield* contacts(1)
          assert.sameMembers([...(yield* conversationsOf(one!))], [first, second])
          const [merge] = yield* merges(one!)
          const undone = yield* Harness.request(`/v1/contact-merges/${merge.id}/undo`, { token, json: {} })
          yield* Harness.expectStatus(undone, 200)
          yield* contacts(2)
          assert.deepStrictEqual(
            [yield* conversationsOf(known!), yield* conversationsOf(hidden)],
            [[first!], [second!]]
          )

          // A person knows better than what WAHA says again.
          yield* learn
          yield* writes("lid", { phone, id: lid }, "tiga")
          yield* until(second!, "tiga")
          yield* contacts(2)
        }))
    }
  )
}
