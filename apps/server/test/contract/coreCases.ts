/** Of identity, access and what else the core has. */
import { JobBatches } from "@wicara/core/JobBatches"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { platform } from "@wicara/core/PlatformAdmins"
import { PermissionGroups } from "@wicara/core/PermissionGroups"
import { Effect } from "effect"
import * as Harness from "../harness.ts"
import type { Cases } from "./Case.ts"
import type { IdSlot } from "./endpoints.ts"
import type { Caller } from "./things.ts"

const newRole = Effect.fnUntraced(function*({ tenant }: Caller) {
  const roles = yield* OrganizationRoles
  const role = yield* roles.create({ key: `role-${Harness.unique()}`, name: "Role" }).pipe(Harness.within(tenant.id))
  return { role: role.key }
}, Effect.orDie)

/** A batch of the server's own. */
const platformBatch = () =>
  Effect.map(
    JobBatches.use((all) => all.create({ name: "test" })).pipe(Harness.within(platform)),
    ({ id }) => ({ batchId: id })
  )

const newGroup = Effect.fnUntraced(function*({ tenant }: Caller) {
  const groups = yield* PermissionGroups
  const key = `group-${Harness.unique()}`
  const made = yield* groups.create({ key, name: "Group", permissions: ["contacts:read"] }).pipe(
    Harness.within(tenant.id)
  )
  return { group: made.key }
}, Effect.orDie)

/** A role's scope is of the kind of the thing that it names. */
const scopeOf = (slot: IdSlot, body: unknown): unknown => {
  const [first, name] = slot.at
  if (first !== "scope" || name === undefined) return body
  const object = body as { readonly scope: Record<string, unknown> }
  return {
    ...object,
    scope: { _tag: name === "teamId" ? "Team" : "ChannelAccount", [name]: object.scope[name] }
  }
}

export const coreCases: Cases = {
  "account.updateProfile": { body: () => ({ timezone: "Asia/Jakarta" }), personal: 403 },
  "account.export": { personal: 403 },
  "account.preferences": { personal: 403 },
  "account.setPreferences": {
    body: () => ({ theme: "dark", newDeviceAlerts: true, console: { sidebar: "narrow" } }),
    personal: 403
  },
  "account.setAvatar": {
    body: () => ({ data: Buffer.from("\x89PNG\r\n\x1a\n", "latin1").toString("base64") }),
    personal: 403
  },
  "account.removeAvatar": { personal: 403 },
  // A new member has none.
  "account.avatar": { answers: [200, 404] },
  "account.changePassword": {
    body: () => ({ current: Harness.password, next: Harness.password }),
    personal: 403
  },
  "account.changeEmail": {
    body: () => ({ email: `changed-${Harness.unique()}@wicara.example` }),
    personal: 403
  },
  "account.requestVerification": { answers: [202, 429], personal: 403 },
  "account.twoFactor": { personal: 403 },
  "account.beginTwoFactor": { personal: 403 },
  // There is no code that is right before an app has the key.
  "account.confirmTwoFactor": { body: () => ({ code: "123456" }), answers: [409, 422, 429], personal: 403 },
  "account.disableTwoFactor": { personal: 403 },
  "account.renewRecoveryCodes": { answers: [409], personal: 403 },
  "account.listPasskeys": { personal: 403 },
  "account.beginPasskey": { answers: [200, 409], personal: 403 },
  // A response that no authenticator made.
  "account.addPasskey": {
    body: () => ({ challenge: "wc_unknown", response: { id: "AAAA" }, name: "Phone" }),
    answers: [422],
    personal: 403
  },
  "account.removePasskey": { personal: 403 },
  "account.events": { personal: 403 },
  "factorRecoveries.approve": { personal: 403 },
  "factorRecoveries.refuse": { personal: 403 },
  // Nobody's is under way.
  "factorRecoveries.own": { answers: [404], personal: 403 },
  "factorRecoveries.stopOwn": { answers: [404], personal: 403 },
  "factorRecoveries.request": { body: () => ({ challenge: "wc_unknown" }), answers: [401] },
  "factorRecoveries.confirm": { body: () => ({ token: "wl_unknown" }), answers: [422] },
  "factorRecoveries.stop": { body: () => ({ token: "wl_unknown" }), answers: [422] },
  "platform.approveFactorRecovery": { personal: 403 },
  "account.setSignInPolicy": { body: () => ({ twoFactorRequired: false }) },
  "providers.listLinked": { personal: 403 },
  // None is configured here.
  "providers.startLink": { answers: [404], personal: 403 },
  "providers.link": { answers: [401], personal: 403 },
  "providers.unlink": { answers: [404], personal: 403 },
  "sessions.requestReauthentication": { personal: 403 },
  "sessions.reauthenticate": { body: () => ({ password: Harness.password }), personal: 403 },
  "sessions.logoutEverywhere": { personal: 403 },
  "sessions.list": { personal: 403 },
  "sessions.switchOrganization": { personal: 403 },
  "sessions.logout": { personal: 403 },
  "sessions.revoke": { personal: 403 },
  "sessions.login": { body: ({ user }) => ({ email: user.email, password: Harness.password }) },
  "organizations.listMine": { personal: 403 },
  // Where the platform does not let people make organizations, they may not.
  "organizations.create": { body: () => ({ name: "Another" }), answers: [403], personal: 403 },
  // Whoever is drawn is owner or suspended or gone by then.
  "organizations.transferOwnership": { body: () => ({ keep: "owner" }), personal: 403 },
  "organizations.deletion": { answers: [200, 404] },
  "organizations.requestDeletion": { body: () => ({ confirm: "wrong" }), answers: [422] },
  "organizations.cancelDeletion": { answers: [404] },
  "settings.get": { path: () => Effect.succeed({ key: "invitations.days" }) },
  "settings.set": { path: () => Effect.succeed({ key: "invitations.days" }), body: () => ({ value: 7 }) },
  "texts.list": { query: { language: "en" } },
  "texts.get": { path: () => Effect.succeed({ catalogue: "bots", key: "greeting", language: "en" }) },
  "texts.set": {
    path: () => Effect.succeed({ catalogue: "bots", key: "greeting", language: "en" }),
    body: () => ({ text: "Hello from {name}" })
  },
  "texts.reset": { path: () => Effect.succeed({ catalogue: "bots", key: "greeting", language: "en" }) },
  "settings.reset": { path: () => Effect.succeed({ key: "invitations.days" }) },
  "modules.set": { path: () => Effect.succeed({ module: "bots" }), body: () => ({ enabled: true }) },
  // The suites ask at the server's own address.
  "publicOrganizations.atThisAddress": { answers: [404] },
  "publicOrganizations.bySlug": { path: () => Effect.succeed({ slug: "nobody" }), answers: [404] },
  "members.add": { body: () => ({ email: `new-${Harness.unique()}@wicara.example`, name: "New", role: "viewer" }) },
  "invitations.invite": {
    body: () => ({ email: `invited-${Harness.unique()}@wicara.example`, role: "viewer" })
  },
  "platform.setSetting": { path: () => Effect.succeed({ key: "invitations.days" }), body: () => ({ value: 7 }) },
  "platform.resetSetting": { path: () => Effect.succeed({ key: "invitations.days" }) },
  "platform.getBatch": { path: platformBatch },
  "platform.listBatchJobs": { path: platformBatch },
  "platform.changeBatch": { path: platformBatch, body: () => ({ action: "retryFailed" }) },
  "platform.changeQueue": { body: () => ({ queue: "core.cleanup", action: "resume" }) },
  "platform.changeSchedule": { path: () => Effect.succeed({ schedule: "core.cleanup" }) },
  "receivedInvitations.received": { body: () => ({ token: "wi_unknown" }), answers: [422] },
  "receivedInvitations.accept": { body: () => ({ token: "wi_unknown" }), answers: [422] },
  "receivedInvitations.decline": { body: () => ({ token: "wi_unknown" }), answers: [422] },
  "members.change": { body: () => ({ role: "agent" }) },
  "memberAccess.explain": { query: { permission: "members:read" } },
  "roles.create": { body: () => ({ key: `role-${Harness.unique()}`, name: "Role" }) },
  "roles.get": { path: newRole },
  "roles.update": { path: newRole, body: () => ({ name: "Renamed" }) },
  "roles.remove": { path: newRole },
  "permissions.createGroup": {
    body: () => ({ key: `group-${Harness.unique()}`, name: "Group", permissions: ["contacts:read"] })
  },
  "permissions.getGroup": { path: newGroup },
  "permissions.updateGroup": { path: newGroup, body: () => ({ name: "Renamed" }) },
  "permissions.removeGroup": { path: newGroup },
  "roleAssignments.give": { body: () => ({ role: "viewer", scope: { _tag: "Organization" } }), fit: scopeOf },
  "teams.create": { body: () => ({ name: `Team ${Harness.unique()}` }) },
  "teams.update": { body: () => ({ name: `Team ${Harness.unique()}` }) },
  "agents.update": { body: () => ({ capacity: 3 }) },
  "agents.own": { personal: 403 },
  "agents.setAvailability": { personal: 403 },
  "machineUsers.create": { body: () => ({ name: "Robot", role: "viewer" }) },
  "machineUsers.createKey": { body: () => ({ name: "Key", scopes: ["organization:read"] }) },
  "apiKeys.create": { body: () => ({ name: "Key", scopes: ["organization:read"] }) }
}
