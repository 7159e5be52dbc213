/** The composition root: the only file that constructs things and joins them. */

import { StoreAuthenticator } from '../accounts/authenticator.js'
import type { Authenticator, Directory } from '../accounts/contracts.js'
import { CredentialCache } from '../accounts/credential-cache.js'
import { StoreDirectory } from '../accounts/directory.js'
import { BcryptPasswords } from '../accounts/password.js'
import { AccountService } from '../accounts/service.js'
import { adminApp } from '../admin/app.js'
import { type AdminClient, DirectClient } from '../admin/client.js'
import type { Status } from '../admin/status.js'
import type { Clock } from '../core/clock.js'
import type { Config } from '../core/config.js'
import type { Random } from '../core/ids.js'
import type { Log } from '../core/log.js'
import type { Store } from '../store/store.js'
import { ActiveSessions } from './active-sessions.js'
import { startAdminServers } from './admin-servers.js'
import { openData } from './data.js'
import { configurationReloaded } from './events.js'
import type { BoundListener } from './listeners.js'
import { openMailListeners } from './mail-listeners.js'
import { reloaded } from './reload.js'
import { shutDown } from './shutdown.js'
import { Certificates } from './tls.js'
import { version } from './version.js'

export interface Surroundings {
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
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
  /** Certificates are read again, limits change; the rest waits for a restart. @throws StartupError; then nothing changed */
  reload(next: Config): Promise<void>
  /** Sessions finish what they do (30 s SMTP, 60 s IMAP), then everything is closed. Calling it twice is fine. */
  stop(): Promise<void>
}

interface Accounts {
  readonly service: AccountService
  readonly directory: Directory
  readonly authenticator: Authenticator
}

/** @throws StartupError; then everything that was opened is closed again */
export async function startServer({ config: given, clock, random, log }: Surroundings): Promise<RunningServer> {
  let config = given
  let report: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => {
    report = resolve
  })
  const store = await openData({ dir: config.dataDir, clock, random, log, onFault: report })
  try {
    const certificates = await Certificates.load(config, clock, log)
    const { service: accounts, directory, authenticator } = composeAccounts(store, { config, clock, random, log })
    const stopping = new AbortController()
    const sessions = new ActiveSessions(clock)
    const parts = {
      config: () => config,
      tls: () => certificates.options(),
      stopping: stopping.signal,
      ...{ store, directory, authenticator, clock, random, log },
    }
    const open: BoundListener[] = []
    const status = statusOf(() => ({ config, open }), clock)
    const admin = await startAdminServers(config, { accounts, store, status }, random, log)
    const mail = await openMailListeners(parts, sessions).catch(async (error: unknown) => {
      await admin.close()
      throw error
    })
    open.push(...mail, ...admin.listeners)
    let stopped: Promise<void> | null = null
    return {
      listeners: open,
      control: admin.control,
      accounts,
      failed,
      get sessions() {
        return sessions.count
      },
      async reload(next) {
        const { config: now, changed, needsRestart } = reloaded(config, next)
        await certificates.reload(now)
        config = now
        configurationReloaded(log, { changed, needs_restart: needsRestart })
      },
      stop() {
        stopped ??= shutDown({ listeners: mail, admin, sessions, stopping, store, clock, log })
        return stopped
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The admin API on data that no server has open. @throws StartupError */
export async function openDirect(surroundings: Surroundings): Promise<AdminClient> {
  const { config, log, clock } = surroundings
  const store = await openData({ ...surroundings, dir: config.dataDir, onFault: () => {} })
  const { service: accounts } = composeAccounts(store, surroundings)
  const status = statusOf(() => ({ config, open: null }), clock)
  return new DirectClient(adminApp({ accounts, store, status }, { token: null, log }), () => store.close())
}

function composeAccounts(store: Store, { config, clock, random, log }: Surroundings): Accounts {
  const passwords = new BcryptPasswords()
  const credentials = new CredentialCache({ clock, random, ttl: config.auth.cacheTtl })
  const { defaultMailboxes } = config.accounts
  return {
    service: new AccountService({ store, passwords, credentials, clock, log, defaultMailboxes }),
    directory: new StoreDirectory(store),
    authenticator: new StoreAuthenticator({
      store,
      passwords,
      credentials,
      clock,
      log,
      maxFailures: config.auth.maxFailures,
    }),
  }
}

/** `open` null: no server runs. */
function statusOf(now: () => { config: Config; open: readonly BoundListener[] | null }, clock: Clock): () => Status {
  const startedAt = clock.now()
  return () => {
    const { config, open } = now()
    const running = open !== null
    return {
      running,
      version,
      hostname: config.hostname,
      data_dir: config.dataDir,
      pid: process.pid,
      started_at: running ? new Date(startedAt).toISOString() : null,
      uptime_seconds: running ? Math.floor((clock.now() - startedAt) / 1000) : null,
      listeners: (open ?? []).map(({ service, address, port, connections }) => ({
        service,
        address,
        port,
        connections,
      })),
    }
  }
}
