/**
 * Asking whether somebody may do something, beside CASL on the same rules: a permission held in the whole organization,
 * one held for a team's conversations only, one's own, and one that is denied. Both answer the same to every question
 * before anything is measured; what is measured is one question, with the rules resolved.
 *
 * `node bench/access.ts [--questions 2000000] [--json]`
 */
import { AbilityBuilder, createMongoAbility, subject } from "@casl/ability"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import * as AccessRules from "@wicara/core/AccessRules"
import * as Permissions from "@wicara/core/Permissions"
import type { RoleDefinition } from "@wicara/core/Role"
import { definitions } from "@wicara/core/Roles"
import type { Resource } from "@wicara/core/Scope"

const { values: options } = parseArgs({
  options: { questions: { type: "string", default: "2000000" }, json: { type: "boolean", default: false } }
})
const questions = Number(options.questions)
const required = 4
const limitNanos = 100

const resources = ["organization", "members", "channels", "contacts", "conversations", "knowledge", "bots", "campaigns"]
const actions = ["read", "write", "reply", "assign", "export", "delete"]
const defined = resources.flatMap((resource) =>
  Object.values(Permissions.define(resource, Object.fromEntries(actions.map((action) => [action, action]))))
)
const permissions = defined.map(({ name }) => name)

const me = "0197c6a2-5f0e-7c3d-9b61-000000000001"
const team = "0197c6a2-5f0e-7c3d-9b61-0000000000a1"
const teams = [team, "0197c6a2-5f0e-7c3d-9b61-0000000000a2", "0197c6a2-5f0e-7c3d-9b61-0000000000a3"]
const account = "0197c6a2-5f0e-7c3d-9b61-0000000000c1"

/** A viewer who leads one team, answers what is their own, and exports nothing. */
const lead: RoleDefinition = {
  key: "lead",
  inherits: ["viewer"],
  rules: [
    { effect: "allow", permissions: ["contacts:*"], groups: [], scope: "organization" },
    { effect: "deny", permissions: ["*:export"], groups: [], scope: "organization" },
    { effect: "allow", permissions: ["conversations:assign"], groups: [], scope: "teams" },
    { effect: "allow", permissions: ["conversations:reply"], groups: [], scope: "own" }
  ]
}
const catalog = AccessRules.makeCatalog({ roles: [...definitions, lead], groups: [], permissions })
const holdings = AccessRules.resolve(catalog, {
  userId: me,
  teamIds: [team],
  roles: [{
    assignmentId: null,
    role: "lead",
    scope: { _tag: "Organization" },
    validFrom: null,
    validUntil: null
  }]
}).holdings({ now: 0 })

const { build, can, cannot } = new AbilityBuilder(createMongoAbility)
for (const [resource, action] of permissions.map((name) => name.split(":") as [string, string])) {
  if (catalog.rulesOf("viewer").some(({ names }) => names.has(`${resource}:${action}`))) can(action, resource)
  if (resource === "contacts") can(action, resource)
}
can("assign", "conversations", { teamId: team })
can("reply", "conversations", { ownerId: me })
for (const resource of resources) cannot("export", resource)
const ability = build()

interface Question {
  readonly permission: Permissions.Permission
  readonly action: string
  readonly resource: string
  readonly about: Resource | undefined
}

const about = (index: number): Resource => ({
  teamId: teams[index % 3] ?? null,
  channelAccountId: account,
  ownerId: index % 2 === 0 ? me : "0197c6a2-5f0e-7c3d-9b61-000000000002"
})
const asked = (wanted: string, things: number): ReadonlyArray<Question> =>
  Array.from({ length: Math.max(1, things) }, (_, index) => {
    const permission = defined.find(({ name }) => name === wanted)!
    const resource = resources.find((one) => wanted.startsWith(`${one}:`)) ?? ""
    const action = actions.find((one) => wanted.endsWith(`:${one}`)) ?? ""
    return { permission, resource, action, about: things === 0 ? undefined : about(index) }
  })

const cases = {
  "held in the whole organization": asked("contacts:write", 0),
  "denied": asked("contacts:export", 0),
  "not held at all": asked("bots:delete", 0),
  "a team's conversations": asked("conversations:assign", 6),
  "one's own conversations": asked("conversations:reply", 6)
}

/** What is asked of CASL about: its own way of naming the type of a thing, made once as an application would. */
const subjects = new Map(
  Object.values(cases).flat().flatMap((question) =>
    question.about === undefined ? [] : [[question, subject(question.resource, { ...question.about })] as const]
  )
)
const ours = ({ about, permission }: Question) =>
  about === undefined ? Permissions.holds(holdings, permission) : Permissions.can(holdings, permission, about)
const casl = (question: Question) => ability.can(question.action, subjects.get(question) ?? question.resource)

for (const name of permissions) {
  for (const question of [...asked(name, 0), ...asked(name, 6)]) {
    const theirs = question.about === undefined
      ? name === "conversations:assign" || name === "conversations:reply"
        ? false // CASL answers "some", which is not what was asked.
        : ability.can(question.action, question.resource)
      : ability.can(question.action, subject(question.resource, { ...question.about }))
    if (ours(question) !== theirs) throw new Error(`not the same answer: ${JSON.stringify(question)}`)
  }
}

let yes = 0
/** Nanoseconds a question takes, the best of five rounds: a busy moment of the machine is nobody's. */
const measure = (ask: (question: Question) => boolean, list: ReadonlyArray<Question>): number => {
  const turns = Array.from({ length: 64 }, (_, turn) => list[turn % list.length]!)
  const round = () => {
    const began = performance.now()
    for (let n = 0; n < questions; n++) if (ask(turns[n & 63]!)) yes++
    return ((performance.now() - began) * 1e6) / questions
  }
  round()
  return Math.min(...Array.from({ length: 5 }, round))
}

const rows = Object.entries(cases).map(([name, list]) => {
  const [wicara, other] = [measure(ours, list), measure(casl, list)]
  return { question: name, wicara, casl: other, ratio: other / wicara }
})
if (options.json) {
  process.stdout.write(`${JSON.stringify({ questions, rows, yes })}\n`)
} else {
  process.stdout.write(
    `${"ns a question".padEnd(34)}${"wicara".padStart(10)}${"CASL".padStart(10)}${"ratio".padStart(8)}\n`
  )
  for (const row of rows) {
    process.stdout.write(
      `${row.question.padEnd(34)}${row.wicara.toFixed(1).padStart(10)}${row.casl.toFixed(1).padStart(10)}${
        `${row.ratio.toFixed(1)}x`.padStart(8)
      }\n`
    )
  }
}
const missed = rows.filter(({ ratio, wicara }) => ratio < required || wicara > limitNanos)
if (missed.length > 0) {
  process.stderr.write(
    `not met (${required}x, ${limitNanos} ns): ${missed.map(({ question }) => question).join("; ")}\n`
  )
  process.exitCode = 1
}
