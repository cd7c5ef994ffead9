import { assert, describe, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Audit } from "@wicara/core/Audit"
import { Invitations } from "@wicara/core/Invitations"
import type { MailMessage } from "@wicara/core/Mail"
import { SentMail } from "@wicara/core/Mail"
import { Memberships } from "@wicara/core/Memberships"
import { Roles } from "@wicara/core/Roles"
import { Organizations } from "@wicara/core/Organizations"
import { Settings } from "@wicara/core/Settings"
import { Users } from "@wicara/core/Users"
import * as Id from "@wicara/core/Id"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { DateTime, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { coreApi, coreHandlers, serve } from "./http.ts"
import { as, core, migrated, newTenant, password } from "./layers.ts"

const tokenIn = (message: MailMessage): string => {
  const link = Redacted.value((message.secrets as Record<string, Redacted.Redacted<string>>)["link"]!)
  assert.match(link, /^http:\/\/localhost:3000\/invitation#token=wi_/)
  return decodeURIComponent(link.slice(link.indexOf("=") + 1))
}

/** The token of the latest message to an address. */
const tokenFor = Effect.fnUntraced(function*(email: string) {
  const sent = yield* SentMail.use((mail) => mail.to(email))
  const last = sent.at(-1)
  assert.strictEqual(last?.kind, "invitation")
  return tokenIn(last!.message)
})

let n = 0
const newAddress = (domain = "invited.example") => `person${++n}@${domain}`
const account = { name: "Sari", password: Redacted.make("a good enough password 42") }

describe.each(TestDatabase.all)("Invitations on $name", (database) => {
  layer(core.pipe(Layer.provideMerge(migrated(database))))((it) => {
    const setUp = Effect.gen(function*() {
      const tenant = yield* newTenant
      return { ...tenant, acting: as(tenant.organization.id, tenant.owner.id, "owner") }
    })

    it.effect("somebody without an account accepts with a name and a password, and can sign in", () =>
      Effect.gen(function*() {
        const { acting, organization } = yield* setUp
        const invitations = yield* Invitations
        const email = newAddress()
        const invited = yield* invitations.invite({ email: email.toUpperCase(), role: "agent" }).pipe(acting)
        assert.deepStrictEqual([invited.email, invited.state, invited.sends], [email, "pending", 1])
        assert.strictEqual(
          invited.expiresAt.epochMilliseconds - invited.createdAt.epochMilliseconds,
          7 * 86_400_000
        )
        const token = yield* tokenFor(email)
        const received = yield* invitations.received(token)
        assert.deepStrictEqual(
          [received.organization.name, received.email, received.role, received.hasAccount],
          [organization.name, email, "agent", false]
        )
        const nameless = yield* Effect.flip(invitations.accept(token, {}))
        assert.strictEqual(nameless._tag === "InvalidInput" && nameless.field, "/name")
        const { isNewAccount, member } = yield* invitations.accept(token, account)
        assert.deepStrictEqual([isNewAccount, member.role, member.email], [true, "agent", email])
        const user = Option.getOrThrow(yield* Users.use((users) => users.verify(email, account.password)))
        assert.isTrue(user.emailVerified)
        const again = yield* Effect.flip(invitations.accept(token, account))
        assert.strictEqual(again._tag === "InvalidInput" && again.field, "/token")
        const [record] = (yield* Audit.use((audit) => audit.list({})).pipe(acting)).data
        assert.deepStrictEqual([record?.action, record?.actor], ["invitation.accepted", { _tag: "User", id: user.id }])
        assert.strictEqual((yield* invitations.list({}).pipe(acting)).data[0]?.state, "accepted")
      }))

    it.effect("somebody with an account becomes a member of another organization with it", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* setUp, yield* setUp]
        const invitations = yield* Invitations
        yield* invitations.invite({ email: two.email, role: "viewer" }).pipe(one.acting)
        const token = yield* tokenFor(two.email)
        assert.isTrue((yield* invitations.received(token)).hasAccount)
        const { isNewAccount, member } = yield* invitations.accept(token, account)
        assert.deepStrictEqual([isNewAccount, member.userId], [false, two.owner.id])
        // Their password stays theirs.
        const users = yield* Users
        assert.isTrue(Option.isSome(yield* users.verify(two.email, Redacted.make(password))))
        const mine = yield* Organizations.use((all) => all.listOf(two.owner.id, {}))
        assert.lengthOf(mine.data, 2)
        const member2 = yield* Effect.flip(invitations.invite({ email: two.email, role: "agent" }).pipe(one.acting))
        assert.strictEqual(member2._tag, "Conflict")
      }))

    it.effect("one address has one invitation, accepted once, however many try at the same time", () =>
      Effect.gen(function*() {
        const { acting } = yield* setUp
        const invitations = yield* Invitations
        const email = newAddress()
        const invited = yield* Effect.all(
          [1, 2, 3].map(() => Effect.result(invitations.invite({ email, role: "agent" }).pipe(acting))),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(invited.map(({ _tag }) => _tag).toSorted(), ["Failure", "Failure", "Success"])
        const token = yield* tokenFor(email)
        const accepted = yield* Effect.all(
          [1, 2, 3].map(() => Effect.result(invitations.accept(token, account))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(accepted.filter(({ _tag }) => _tag === "Success"), 1)
        const members = (yield* Memberships.use((all) => all.list({})).pipe(acting)).data
        assert.lengthOf(members.filter((member) => member.email === email), 1)
      }))

    it.effect("a link that has expired, was declined, revoked or sent again is worthless", () =>
      Effect.gen(function*() {
        const { acting } = yield* setUp
        const invitations = yield* Invitations
        const sql = yield* SqlClient.SqlClient
        const worthless = Effect.fnUntraced(function*(token: string) {
          for (
            const attempt of [
              Effect.asVoid(invitations.received(token)),
              Effect.asVoid(invitations.accept(token, account)),
              invitations.decline(token)
            ]
          ) {
            const error = yield* Effect.flip(attempt)
            assert.strictEqual(error._tag === "InvalidInput" && error.field, "/token")
          }
        })
        const [declined, revoked, expired] = [newAddress(), newAddress(), newAddress()]
        yield* invitations.invite({ email: declined, role: "agent" }).pipe(acting)
        yield* invitations.decline(yield* tokenFor(declined))
        yield* worthless(yield* tokenFor(declined))
        const two = yield* invitations.invite({ email: revoked, role: "agent" }).pipe(acting)
        yield* invitations.revoke(two.id).pipe(acting)
        yield* worthless(yield* tokenFor(revoked))
        assert.strictEqual((yield* Effect.flip(invitations.revoke(two.id).pipe(acting)))._tag, "Conflict")
        assert.strictEqual((yield* Effect.flip(invitations.resend(two.id).pipe(acting)))._tag, "Conflict")

        const three = yield* invitations.invite({ email: expired, role: "agent" }).pipe(acting)
        assert.strictEqual((yield* Effect.flip(invitations.resend(three.id).pipe(acting)))._tag, "TooManyRequests")
        yield* sql`UPDATE core_invitations SET expires_at = ${-1}, sent_at = ${-100_000}
          WHERE id = ${Id.toBytes(three.id)}`
        const first = yield* tokenFor(expired)
        yield* worthless(first)
        const states = (yield* invitations.list({}).pipe(acting)).data.map(({ state }) => state)
        assert.deepStrictEqual(states, ["expired", "revoked", "declined"])
        const resent = yield* invitations.resend(three.id).pipe(acting)
        assert.deepStrictEqual([resent.state, resent.sends], ["pending", 2])
        const second = yield* tokenFor(expired)
        assert.notStrictEqual(second, first)
        yield* worthless(first)
        yield* invitations.accept(second, account)
        // Whoever declined can be asked again.
        yield* invitations.invite({ email: declined, role: "agent" }).pipe(acting)
      }))

    it.effect("nobody invites to more than they may give, and the invitation of who left is void", () =>
      Effect.gen(function*() {
        const { acting, organization } = yield* setUp
        const invitations = yield* Invitations
        const members = yield* Memberships
        const admin = yield* members.add({ email: newAddress(), name: "Admin", role: "admin" }).pipe(acting)
        const asAdmin = as(organization.id, admin.userId, "admin")
        const owner = yield* Effect.flip(invitations.invite({ email: newAddress(), role: "owner" }).pipe(asAdmin))
        assert.strictEqual(owner._tag, "Forbidden")
        const king = yield* Effect.flip(invitations.invite({ email: newAddress(), role: "king" }).pipe(asAdmin))
        assert.strictEqual(king._tag === "InvalidInput" && king.field, "/role")
        const email = newAddress()
        yield* invitations.invite({ email, role: "agent" }).pipe(asAdmin)
        yield* members.remove(admin.userId).pipe(acting)
        const void_ = yield* Effect.flip(invitations.accept(yield* tokenFor(email), account))
        assert.strictEqual(void_._tag === "InvalidInput" && void_.field, "/token")
        assert.isTrue(Option.isNone(yield* Users.use((users) => users.findByEmail(email))))
      }))

    it.effect("the organization says whom it invites, for how long, and takes nobody while it is suspended", () =>
      Effect.gen(function*() {
        const { acting } = yield* setUp
        const other = yield* setUp
        const invitations = yield* Invitations
        const settings = yield* Settings
        yield* settings.set("invitations.domains", ["acme.example"]).pipe(acting)
        yield* settings.set("invitations.days", 1).pipe(acting)
        const refused = yield* Effect.flip(invitations.invite({ email: newAddress(), role: "agent" }).pipe(acting))
        assert.strictEqual(refused._tag === "InvalidInput" && refused.field, "/email")
        const email = newAddress("acme.example")
        const invited = yield* invitations.invite({ email, role: "agent", locale: "id" }).pipe(acting)
        const day = DateTime.toEpochMillis(invited.expiresAt) - DateTime.toEpochMillis(invited.createdAt)
        assert.strictEqual(day, 86_400_000)
        const [message] = yield* SentMail.use((mail) => mail.to(email))
        assert.strictEqual(message?.message.locale, "id")
        assert.strictEqual((yield* Effect.flip(invitations.revoke(invited.id).pipe(other.acting)))._tag, "NotFound")
        yield* Organizations.use((all) => all.setStatus("suspended")).pipe(acting)
        const inactive = yield* Effect.flip(invitations.accept(yield* tokenFor(email), account))
        assert.strictEqual(inactive._tag, "OrganizationInactive")
        yield* Organizations.use((all) => all.setStatus("active")).pipe(acting)
        yield* invitations.accept(yield* tokenFor(email), account)
      }))

    it.effect("who invited must still be able to give the role when somebody comes", () =>
      Effect.gen(function*() {
        const { acting, organization } = yield* setUp
        const invitations = yield* Invitations
        const members = yield* Memberships
        const keys = yield* ApiKeys
        const admin = yield* members.add({ email: newAddress(), name: "Dewi", role: "admin" }).pipe(acting)
        const asAdmin = as(organization.id, admin.userId, "admin")
        const scopes = [...(yield* Roles.use((roles) => Effect.succeed(roles.permissions("viewer"))))]
        const { apiKey } = yield* keys.create({ name: "Onboarding", scopes }).pipe(acting)
        const invite = (role: string) =>
          Effect.gen(function*() {
            const email = newAddress()
            yield* invitations.invite({ email, role })
            return yield* tokenFor(email)
          })
        const asKey = Effect.fnUntraced(function*(role: string) {
          const actor = Option.getOrThrow(yield* keys.actor(apiKey.id).pipe(acting))
          return yield* invite(role).pipe(
            Effect.provideService(CurrentActor, actor),
            Effect.provideService(CurrentOrganization, { id: organization.id })
          )
        })
        const refused = Effect.fnUntraced(function*(token: string) {
          const error = yield* Effect.flip(invitations.accept(token, account))
          assert.strictEqual(error._tag === "InvalidInput" && error.field, "/token")
        })
        const [manager, viewer] = [yield* invite("manager").pipe(asAdmin), yield* invite("viewer").pipe(asAdmin)]
        const [good, late] = [yield* asKey("viewer"), yield* asKey("viewer")]
        assert.strictEqual((yield* Effect.flip(asKey("admin")))._tag, "Forbidden")
        yield* members.change(admin.userId, { role: "viewer" }).pipe(acting)
        yield* refused(manager)
        // What they may still give, they gave.
        assert.strictEqual((yield* invitations.accept(viewer, account)).member.role, "viewer")
        assert.strictEqual((yield* invitations.accept(good, account)).member.role, "viewer")
        yield* keys.revoke(apiKey.id).pipe(acting)
        yield* refused(late)
      }))

    it.effect("over HTTP one is invited, looks at it, accepts and signs in; the token is in no answer", () =>
      Effect.gen(function*() {
        const tenant = yield* newTenant
        const fetch = yield* serve(coreApi, coreHandlers)
        const { body } = yield* fetch("/v1/sessions", { json: { email: tenant.email, password } })
        const token = body.token as string
        const email = newAddress()
        const invited = yield* fetch("/v1/invitations", { token, json: { email, role: "viewer" } })
        assert.strictEqual(invited.status, 201)
        const invitation = yield* tokenFor(email)
        const listed = yield* fetch("/v1/invitations", { token })
        for (const answer of [invited, listed]) assert.notInclude(answer.text, invitation)
        assert.strictEqual((yield* fetch(`/v1/invitations/${invited.body.id}/resend`, { token, json: {} })).status, 429)
        const received = yield* fetch("/v1/invitations/received", { json: { token: invitation } })
        assert.deepStrictEqual([received.status, received.body.hasAccount], [200, false])
        const json = { token: invitation, name: "Sari", password: "a good enough password 42" }
        const accepted = yield* fetch("/v1/invitations/accept", { json })
        assert.deepStrictEqual(
          [accepted.status, accepted.body.role, accepted.body.organization.slug],
          [200, "viewer", tenant.organization.slug]
        )
        assert.strictEqual((yield* fetch("/v1/invitations/decline", { json: { token: invitation } })).status, 422)
        const signedIn = yield* fetch("/v1/sessions", { json: { email, password: json.password } })
        assert.strictEqual(signedIn.body.role, "viewer")
        assert.strictEqual(
          (yield* fetch(`/v1/invitations/${invited.body.id}`, { token, method: "DELETE" })).status,
          409
        )
      }))
  })
})
