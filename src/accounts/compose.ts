/** All that has to do with accounts, joined: one cache, one throttle and one set of secrets for logins and administration. */
import type { Clock } from '../core/clock.js'
import type { Config } from '../core/config.js'
import type { Random } from '../core/ids.js'
import type { Log } from '../core/log.js'
import type { Store } from '../store/store.js'
import { StoreAuthenticator } from './authenticator.js'
import type { Authenticator, Directory, SendingRights } from './contracts.js'
import { CredentialCache } from './credential-cache.js'
import { StoreDirectory } from './directory.js'
import type { Passwords } from './password.js'
import type { SessionDesk } from './presence.js'
import { QuotaAlerts } from './quota-alerts.js'
import { QuotaRoom } from './quota-room.js'
import type { Secrets } from './secrets.js'
import { SendingMeter } from './sending.js'
import { StoreSendingRights } from './sending-rights.js'
import { AccountService } from './service.js'
import { Throttle } from './throttle.js'

export interface AccountSurroundings {
  readonly store: Store
  readonly sessions: SessionDesk
  readonly passwords: Passwords
  readonly secrets: Secrets
  /** Asked each time, so that a reload takes effect; of `hostname` what it is now. */
  readonly config: () => Pick<Config, 'auth' | 'accounts' | 'hostname'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Accounts {
  readonly service: AccountService
  readonly directory: Directory
  readonly authenticator: Authenticator
  readonly rights: SendingRights
  readonly meter: SendingMeter
  readonly quota: QuotaRoom
  readonly alerts: QuotaAlerts
}

export function composeAccounts({ config, ...parts }: AccountSurroundings): Accounts {
  const { store, clock, random } = parts
  const credentials = new CredentialCache({ clock, random, ttl: () => config().auth.cacheTtl })
  const throttle = new Throttle({ clock, maxFailures: () => config().auth.maxFailures })
  return {
    service: new AccountService({
      ...parts,
      credentials,
      defaultMailboxes: () => config().accounts.defaultMailboxes,
      minPasswordLength: () => config().auth.minPasswordLength,
    }),
    directory: new StoreDirectory({ store, hostname: config().hostname, rules: () => config().accounts }),
    authenticator: new StoreAuthenticator({ ...parts, credentials, throttle }),
    rights: new StoreSendingRights(store),
    meter: new SendingMeter({ clock }),
    quota: new QuotaRoom(store),
    alerts: new QuotaAlerts(),
  }
}
