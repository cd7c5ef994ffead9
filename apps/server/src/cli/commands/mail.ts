/**
 * `wicara mail`: the mail server, and what became of mail.
 *
 * @since 0.1.0
 */
import * as Pagination from "@wicara/core/Pagination"
import { accounts } from "@wicara/core/Secrets"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { MailLog } from "@wicara/notifications/MailLog"
import { MailTransport } from "@wicara/notifications/MailTransport"
import { DateTime, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import { actor, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const list = Command.make("list", {
  org: Flag.String("org").pipe(
    Flag.withDescription("The organization's slug; mail about accounts, which belongs to none, when absent"),
    Flag.optional
  )
}, (flags) => {
  const shown = Effect.gen(function*() {
    const page = yield* MailLog.use((log) => log.list({ limit: Pagination.defaultLimit }))
    yield* Output.result(
      page.data.map(({ attempts, createdAt, error, id, kind, state, to }) => ({
        id,
        kind,
        to: to.email,
        state,
        attempts,
        error,
        at: DateTime.formatIso(createdAt)
      })),
      Output.table(
        ["AT", "KIND", "TO", "STATE", "WHY"],
        page.data.map(({ createdAt, error, kind, state, to }) => [
          DateTime.formatIso(createdAt),
          kind,
          to.email,
          state,
          error ?? ""
        ])
      )
    )
  })
  return withServices(Option.match(flags.org, {
    onNone: () =>
      shown.pipe(Effect.provideService(CurrentOrganization, accounts), Effect.provideService(CurrentActor, actor)),
    onSome: (slug) => shown.pipe(within(slug))
  }))
}).pipe(Command.withDescription("What was sent to whom, and what became of it"))

const test = Command.make("test", {
  to: Flag.String("to").pipe(Flag.withDescription("The address that the test goes to"))
}, (flags) =>
  withServices(Effect.gen(function*() {
    const { server } = yield* MailTransport
    if (Option.isNone(server)) {
      return yield* Output.fail("No mail server is configured: set WICARA_SMTP_URL and WICARA_MAIL_FROM")
    }
    const { from, send } = server.value
    const outcome = yield* send({
      messageId: `<${SecureRandom.uuidV7Unsafe()}@${from.address.split("@")[1]}>`,
      from,
      to: { name: null, address: flags.to },
      subject: "A test of mail",
      text: "This message shows that the mail server is configured well.\n",
      html: "<p>This message shows that the mail server is configured well.</p>",
      locale: "en"
    })
    if (outcome._tag !== "Accepted") return yield* Output.fail(`The mail server did not take it: ${outcome.reason}`)
    yield* Output.result({ status: "accepted", to: flags.to }, [`The mail server took a message to ${flags.to}`])
  }))).pipe(Command.withDescription("Send a message at once, and say what the mail server says"))

/** @category commands @since 0.1.0 */
export const command = Command.make("mail").pipe(
  Command.withDescription("The mail server, and what became of mail"),
  Command.withSubcommands([list, test])
)
