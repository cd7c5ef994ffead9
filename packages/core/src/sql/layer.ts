/**
 * All services of this package on a SQL database.
 *
 * @since 0.1.0
 */
import { Layer } from "effect"
import { ApiKeys } from "../ApiKeys.ts"
import { Audit } from "../Audit.ts"
import { EventConsumers } from "../EventConsumers.ts"
import { EventLog } from "../EventLog.ts"
import { Events } from "../Events.ts"
import { Memberships } from "../Memberships.ts"
import { Organizations } from "../Organizations.ts"
import { Passwords } from "../Passwords.ts"
import { Roles } from "../Roles.ts"
import { Secrets } from "../Secrets.ts"
import { Sessions } from "../Sessions.ts"
import { Signals } from "../Signals.ts"
import { Users } from "../Users.ts"

/**
 * It needs the tables (`Migrations.run([migrations])`), a client, the master keys (`MasterKeys.layer`) and the registry of
 * all packages' permissions (`PermissionRegistry.layer`).
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql = Layer.mergeAll(Sessions.layerSql, ApiKeys.layerSql, Secrets.layerSql, EventConsumers.layerSql)
  .pipe(
    Layer.provideMerge(Layer.mergeAll(Memberships.layerSql, Organizations.layerSql, EventLog.layerSql)),
    Layer.provideMerge(Layer.mergeAll(Users.layerSql, Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(Layer.mergeAll(Passwords.layer, Roles.layer, Signals.layer))
  )
