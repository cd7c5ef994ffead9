import { assert, layer } from "@effect/vitest"
import { Conversations } from "@wicara/conversations/Conversations"
import { Effect } from "effect"
import * as Contract from "./contract.ts"
import * as Harness from "./harness.ts"

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `limited access on ${database}`,
    (it) => {
      it.effect("an agent of one team sees and answers that team's conversations, until the role is taken back", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Limits")
          const token = yield* Harness.tokenOf(tenant, "owner")
          const caller = { tenant, user: tenant.users.owner, token }
          const asked = Effect.fnUntraced(function*(path: string, options: Harness.RequestOptions = {}, status = 200) {
            const answer = yield* Harness.request(path, { token, ...options })
            yield* Harness.expectStatus(answer, status, `${options.method ?? ""} ${path}`)
            return answer.body
          })
          yield* asked("/v1/roles", { json: { key: "guest", name: "Guest" } }, 201)
          const member = yield* Harness.newMember(tenant, "guest" as Harness.Role)
          const session = yield* Harness.newSession(tenant, member)
          const theirs = { token: session.token }
          const [inside, outside] = [
            yield* Contract.make("ConversationId", caller),
            yield* Contract.make("ConversationId", caller)
          ]
          yield* asked("/v1/conversations", theirs, 403)
          const team = yield* asked("/v1/teams", { json: { name: "Support" } }, 201)
          yield* asked(`/v1/conversations/${inside}/team`, { method: "PUT", json: { teamId: team.id } })
          const scope = { _tag: "Team", teamId: team.id }
          const given = yield* asked("/v1/role-assignments", { json: { userId: member.id, role: "agent", scope } }, 201)
          const inbox = yield* asked("/v1/conversations", theirs)
          assert.deepStrictEqual(inbox.data.map(({ id }: any) => id), [inside])
          yield* asked(`/v1/conversations/${inside}`, theirs)
          yield* asked(`/v1/conversations/${outside}`, theirs, 404)
          yield* asked(`/v1/conversations/${outside}/messages`, theirs, 404)
          const hello = { json: { content: { type: "text", text: "Hello" } } }
          yield* asked(`/v1/conversations/${outside}/messages`, { ...theirs, ...hello }, 404)
          yield* asked(`/v1/conversations/${inside}/messages`, { ...theirs, ...hello }, 201)
          yield* asked(`/v1/conversations/${inside}/assign`, { ...theirs, json: { userId: member.id } }, 403)
          // What is only held for a team opens no endpoint of the whole organization.
          yield* asked("/v1/contacts", theirs, 403)
          const query = `permission=conversations:reply&teamId=${team.id}`
          const why = yield* asked(`/v1/members/${member.id}/access/explanation?${query}`)
          assert.isTrue(why.allowed)
          yield* asked(`/v1/role-assignments/${given.id}`, { method: "DELETE" }, 204)
          yield* asked("/v1/conversations", theirs, 403)
          yield* asked(`/v1/conversations/${inside}`, theirs, 403)
        }))

      it.effect("conversations of a team that is no more are nobody's team's", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Teams")
          const token = yield* Harness.tokenOf(tenant, "owner")
          const id = yield* Contract.make("ConversationId", { tenant, user: tenant.users.owner, token })
          const team = yield* Harness.request("/v1/teams", { token, json: { name: "Short" } })
          const put = { token, method: "PUT", json: { teamId: team.body.id } }
          yield* Harness.expectStatus(yield* Harness.request(`/v1/conversations/${id}/team`, put), 200)
          const removed = yield* Harness.request(`/v1/teams/${team.body.id}`, { token, method: "DELETE" })
          yield* Harness.expectStatus(removed, 204)
          yield* Harness.eventually(
            Harness.request(`/v1/conversations/${id}`, { token }),
            ({ body }) => body.teamId === null
          )
          const conversations = yield* Conversations
          assert.isEmpty((yield* conversations.list({ teamId: team.body.id }).pipe(Harness.within(tenant.id))).data)
        }).pipe(Effect.orDie))
    }
  )
}
