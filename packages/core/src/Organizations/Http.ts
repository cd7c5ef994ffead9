/**
 * Handlers of `OrganizationsApi`.
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Layer, Option } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Audit } from "../Audit.ts"
import * as CoreSettings from "../CoreSettings.ts"
import { Deletions } from "../Deletions.ts"
import * as Languages from "../Languages.ts"
import { OrganizationHost } from "../OrganizationHost.ts"
import { Organizations } from "../Organizations.ts"
import { PublicOrganization } from "../Organization.ts"
import { Ownership } from "../Ownership.ts"
import { PlatformAdmins } from "../PlatformAdmins.ts"
import { Forbidden, NotFound } from "../Problem.ts"
import { Settings } from "../Settings.ts"
import { CurrentActor, CurrentOrganization } from "../Tenancy.ts"
import { answer } from "../internal/exportAnswer.ts"
import { TenantData } from "../TenantData.ts"
import { OrganizationsApi, PublicOrganizationsApi } from "./Api.ts"
import { english } from "../ProblemTexts.ts"

const forPeople = new Forbidden({ permission: "", detail: english("peopleOnly") })

const person = Effect.flatMap(
  CurrentActor,
  ({ actor }) => actor._tag === "User" ? Effect.succeed(actor.id) : Effect.fail(forPeople)
)

const layerPublic = HttpApiBuilder.group(
  HttpApi.make("wicara").add(PublicOrganizationsApi),
  "publicOrganizations",
  Effect.fnUntraced(function*(handlers) {
    const organizations = yield* Organizations
    const settings = yield* Settings
    const nobody = (id: string) =>
      Effect.fail(new NotFound({ resource: "organization", id, detail: "There is nobody here." }))
    const shown = Effect.fnUntraced(function*(asked: string) {
      const found = yield* organizations.findBySlug(asked)
      if (Option.isNone(found)) return yield* nobody(asked)
      const { id, locale, name, slug } = found.value
      const branding = yield* settings.get(CoreSettings.branding).pipe(
        Effect.provideService(CurrentOrganization, { id })
      )
      return new PublicOrganization({ name, slug, locale, direction: Languages.direction(locale), branding })
    })
    return handlers.handleAll({
      bySlug: ({ params }) => shown(params.slug),
      atThisAddress: () =>
        Effect.flatMap(OrganizationHost, (host) => host === undefined ? nobody("") : shown(host.slug))
    })
  })
)

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(OrganizationsApi),
  "organizations",
  Effect.fnUntraced(function*(handlers) {
    const organizations = yield* Organizations
    const settings = yield* Settings
    const ownership = yield* Ownership
    const deletions = yield* Deletions
    const admins = yield* PlatformAdmins
    const data = yield* TenantData
    const audit = yield* Audit
    return handlers.handleAll({
      listMine: ({ query }) => Effect.flatMap(person, (user) => organizations.listOf(user, query)),
      current: () => organizations.current,
      updateCurrent: ({ payload }) => organizations.update(payload),
      create: Effect.fnUntraced(function*({ payload }) {
        const owner = yield* person
        if (!(yield* settings.getPlatform(CoreSettings.selfService)) && !(yield* admins.has(owner))) {
          return yield* new Forbidden({
            permission: "",
            detail: "Organizations are made by those who run this server."
          })
        }
        const status = yield* settings.getPlatform(CoreSettings.initialStatus)
        const trialDays = yield* settings.getPlatform(CoreSettings.trialDays)
        return yield* organizations.create({
          timezone: yield* settings.getPlatform(CoreSettings.defaultTimeZone),
          locale: yield* settings.getPlatform(CoreSettings.defaultLocale),
          status,
          trialEndsAt: status === "trial" ? DateTime.add(yield* DateTime.now, { days: trialDays }) : null,
          ...payload
        }, owner)
      }),
      transferOwnership: ({ payload }) => ownership.transfer(payload),
      exportCurrent: Effect.fnUntraced(function*() {
        const { id } = yield* CurrentOrganization
        yield* audit.record({ action: "organization.exported", target: { type: "organization", id } })
        return answer(data.export(id), `organization-${id}`)
      }),
      deletion: () => deletions.current,
      requestDeletion: ({ payload }) => deletions.request(payload),
      cancelDeletion: () => deletions.cancel
    })
  })
).pipe(Layer.merge(layerPublic))
