/** The composition root: the only file that constructs things and joins them. */

import { type Accounts, composeAccounts } from '../accounts/compose.js'
import { BcryptPasswords } from '../accounts/password.js'
import { noSessions, type SessionDesk } from '../accounts/presence.js'
import { Secrets } from '../accounts/secrets.js'
import type { AccountService } from '../accounts/service.js'
import { adminApp } from '../admin/app.js'
import { type AdminClient, DirectClient } from '../admin/client.js'
import { Tokens } from '../admin/token-file.js'
import type { Clock } from '../core/clock.js'
import type { Config } from '../core/config.js'
import type { Random } from '../core/ids.js'
import type { Level, Log } from '../core/log.js'
import { prepareCharsets } from '../message/charset.js'
import type { Resolver } from '../queue/contracts.js'
import type { QuotaLimits } from '../store/quota.js'
import type { Store } from '../store/store.js'
import { ActiveSessions } from './active-sessions.js'
import { startAdminServers } from './admin-servers.js'
import { type DataOptions, openData } from './data.js'
import { startDuties } from './duties.js'
import { reasonOf, StartupError } from './errors.js'
import { adminStarted, configurationReloaded } from './events.js'
import type { BoundListener } from './listeners.js'
import { announceMail, openMailListeners } from './mail-listeners.js'
import { Outbound } from './outbound.js'
import { reloaded } from './reload.js'
import { readRoutes } from './route-passwords.js'
import { secretKey } from './secret-key.js'
import { shutDown } from './shutdown.js'
import { runningStatus, stoppedStatus } from './status-report.js'
import { Certificates } from './tls.js'
import { TlsFailures } from './tls-failures.js'

export interface Surroundings {
  /** Where an administrator may change the level of `log`. */
  readonly logger?: { level: Level }
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Left out: the DNS. */
  readonly resolver?: Resolver
}

export interface RunningServer {
  /** In the order of the configuration, admin last. */
  readonly listeners: readonly BoundListener[]
  /** Path of the control socket. */
  readonly control: string
  readonly accounts: AccountService
  /** Sessions that run now. */
  readonly sessions: number
  /** Resolves when the server can do no more and the process had better end. */
  readonly failed: Promise<Error>
  /** Certificates are read again; limits, the rules of logins and accounts, and where mail goes change; the rest waits for a restart. @throws StartupError; then nothing changed */
  reload(next: Config): Promise<void>
  /** Sessions finish what they do (30 s SMTP, 60 s IMAP; 20 s of mail that is being sent), then everything is closed. Calling it twice is fine. */
  stop(): Promise<void>
}

/** @throws StartupError; then everything that was opened is closed again */
export async function startServer(surroundings: Surroundings): Promise<RunningServer> {
  const { promise: failed, resolve: onFault } = deferred<Error>()
  prepareCharsets()
  const store = await openData({ ...surroundings, ...dataOf(surroundings.config), background: true, onFault })
  try {
    return await startOn(store, surroundings, failed)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function startOn(store: Store, surroundings: Surroundings, failed: Promise<Error>): Promise<RunningServer> {
  const { clock, random, log } = surroundings
  let { config } = surroundings
  const certificates = await Certificates.load(config, clock)
  const sessions = new ActiveSessions(clock)
  const { service: accounts, ...contracts } = await accountsOf(store, sessions, () => config, surroundings)
  const shared = {
    config: () => config,
    tls: () => certificates.options(),
    sessions,
    tlsFailures: new TlsFailures(clock),
  }
  const listeners: BoundListener[] = []
  const routes = await readRoutes(config.queue.routes)
  const outbound = new Outbound({ ...surroundings, config: shared.config, store, routes, listeners })
  const parts = { ...shared, ...contracts, store: outbound.store, clock, random, log }
  const tokens = await loadTokens(config.dataDir, surroundings)
  const status = runningStatus(shared.config, store, listeners, clock)
  const admin = await startAdminServers(
    config,
    { accounts, store, status, sessions, tokens, logger: surroundings.logger ?? null },
    surroundings,
  )
  const mail = await openMailListeners(parts).catch(async (error: unknown) => {
    await admin.close()
    throw error
  })
  listeners.push(...mail, ...admin.listeners)
  // Only now: a start that fails says why in one line, and nothing before it.
  certificates.announce(log)
  adminStarted(log, { ports: admin.listeners.map(({ port }) => port), control: admin.control })
  announceMail(mail, config, log)
  outbound.start()
  const duties = startDuties({ ...parts, hostname: config.hostname, queue: () => config.queue })
  let stopped: Promise<void> | null = null
  return {
    listeners,
    control: admin.control,
    accounts,
    failed,
    get sessions() {
      return sessions.count
    },
    async reload(next) {
      const { config: now, changed, needsRestart } = reloaded(config, next)
      const routes = await readRoutes(now.queue.routes)
      await certificates.reload(now, log)
      await store.setUsualQuota(usualQuota(now))
      config = now
      outbound.renew(routes)
      configurationReloaded(log, { changed, needs_restart: needsRestart })
    },
    stop() {
      certificates.stop()
      stopped ??= shutDown({ listeners: mail, admin, sessions, duties, outbound, store, clock, log })
      return stopped
    },
  }
}

const usualQuota = ({ quota }: Config): QuotaLimits => ({ octets: quota.default, messages: quota.messages })

const dataOf = ({ dataDir, store, quota }: Config): Pick<DataOptions, 'dir' | 'limits' | 'indexes'> => ({
  dir: dataDir,
  limits: {
    duplicateWindow: store.duplicateWindow,
    readerThreads: store.readerThreads,
    quotaOctets: quota.default,
    quotaMessages: quota.messages,
  },
  indexes: store.searchIndex,
})

/** @throws StartupError */
async function loadTokens(dataDir: string, parts: Surroundings): Promise<Tokens> {
  try {
    return await Tokens.load(dataDir, parts)
  } catch (error) {
    throw new StartupError(`cannot read the tokens of the admin port: ${reasonOf(error)}`, error)
  }
}

/** The admin API on data that no server has open. @throws StartupError */
export async function openDirect(surroundings: Surroundings): Promise<AdminClient> {
  const { config, log } = surroundings
  const store = await openData({ ...surroundings, ...dataOf(config), background: false, onFault: () => {} })
  try {
    const { service: accounts } = await accountsOf(store, noSessions, () => config, surroundings)
    const tokens = await loadTokens(config.dataDir, surroundings)
    const offline = { status: () => stoppedStatus(config, store), sessions: noSessions, tokens, logger: null }
    const app = adminApp({ accounts, store, ...offline }, { guarded: false, log })
    return new DirectClient(app, () => store.close())
  } catch (error) {
    await store.close()
    throw error
  }
}

/** @throws StartupError for a key that is not there and cannot be made */
async function accountsOf(
  store: Store,
  sessions: SessionDesk,
  config: () => Config,
  { clock, random, log }: Pick<Surroundings, 'clock' | 'random' | 'log'>,
): Promise<Accounts> {
  const secrets = new Secrets({ key: await secretKey(config().dataDir, random), random })
  return composeAccounts({ store, sessions, passwords: new BcryptPasswords(), secrets, config, clock, random, log })
}

/** Node 20 has no Promise.withResolvers. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
