/** The local profile: what `npm start` serves without any configuration, on 127.0.0.1 alone. */
import { type Config, ConfigError } from './config.js'
import { checkSettings } from './config-check.js'
import type { Environment } from './config-env.js'

export const localDomain = 'posthorn.test'
export const defaultPortBase = 2000

/** What is added to the base: the ports that everybody knows, below 1000. The admin interface is where HTTP is. */
const PORTS = [
  ['smtp', 525],
  ['submission', 587],
  ['submissions', 465],
  ['imap', 143],
  ['imaps', 993],
  ['admin', 80],
] as const

export interface LocalOptions {
  readonly dataDir: string
  /** 2000: ports 2525, 2587, 2465, 2143, 2993 and 2080. */
  readonly portBase?: number
  readonly env?: Environment
}

/** @throws ConfigError for a base that leaves the range of ports, or variables that are wrong */
export function localConfig({ dataDir, portBase = defaultPortBase, env = {} }: LocalOptions): Config {
  const highest = 65_535 - Math.max(...PORTS.map(([, offset]) => offset))
  if (!Number.isInteger(portBase) || portBase < 0 || portBase > highest)
    throw new ConfigError([`--port-base ${portBase}: must be a whole number from 0 to ${highest}`])
  const listener = PORTS.map(([service, offset]) => ({ service, address: '127.0.0.1', port: portBase + offset }))
  // Whoever tries it out must not send mail into the world by accident.
  const queue = { deliver: 'routes' }
  const file = { data: { hostname: `mail.${localDomain}`, data_dir: dataDir, listener, queue }, lineOf: () => null }
  return checkSettings(file, 'local profile', env, process.cwd())
}
