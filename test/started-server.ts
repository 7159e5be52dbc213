/** A whole server in this process, on free ports and in a folder of its own; ended behind each test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type Clock, systemClock } from '../src/core/clock.js'
import { type Config, parseConfig, type Service } from '../src/core/config.js'
import { systemRandom } from '../src/core/ids.js'
import type { Resolver } from '../src/queue/contracts.js'
import { startServer } from '../src/server/main.js'
import { LineClient } from './line-client.js'
import { recordingLog } from './log-recorder.js'

/** What is undone behind each test, the last first. */
export const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

export const ALL = ['smtp', 'submission', 'submissions', 'imap', 'imaps', 'admin'] as const

export interface Site {
  readonly services?: readonly Service[]
  readonly clock?: Clock
  readonly dir?: string
  /** TOML for each listener, and behind all. */
  readonly listener?: string
  readonly more?: string
  readonly resolver?: Resolver
}

/** A folder of its own for each test. */
export async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'posthorn-server-'))
  ends.push(() => rm(dir, { recursive: true, force: true }))
  return dir
}

export function configOf(dir: string, { services = ALL, listener = '', more = '' }: Site): Config {
  const tables = services.map((s) => `[[listener]]\nservice = "${s}"\naddress = "127.0.0.1"\nport = 0\n${listener}\n`)
  // Nothing leaves this machine unless a test says where to.
  const env = more.includes('queue') ? {} : { POSTHORN_QUEUE__DELIVER: 'none' }
  return parseConfig(`hostname = "mail.posthorn.test"\ndata_dir = "data"\n${tables.join('')}${more}`, 'test', env, dir)
}

/** A server, what it logged, and clients for its services. */
export async function started(site: Site = {}) {
  const dir = site.dir ?? (await folder())
  const log = recordingLog()
  const clock = site.clock ?? systemClock
  const config = configOf(dir, site)
  const server = await startServer({
    ...{ config, clock, random: systemRandom, log },
    ...(site.resolver !== undefined && { resolver: site.resolver }),
  })
  ends.push(() => server.stop())
  const port = (service: Service): number => server.listeners.find((l) => l.service === service)?.port ?? 0
  const client = (service: Service): LineClient => {
    const made =
      service === 'imaps' || service === 'submissions'
        ? LineClient.secure(port(service))
        : LineClient.connect(port(service))
    ends.push(() => made.close())
    return made
  }
  const said = (message: string) => log.lines.filter((line) => line.message === message).map(({ fields }) => fields)
  return { server, config, dir, log, said, port, client }
}
