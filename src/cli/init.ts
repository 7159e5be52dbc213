/** posthorn init: a folder with a commented configuration, a key and the domain, and what the DNS must say. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { Refused } from '../admin/client.js'
import { addDomain } from '../admin/domains.js'
import { systemClock } from '../core/clock.js'
import { type Config, parseConfig } from '../core/config.js'
import { canonicalDomain } from '../core/domain-name.js'
import { systemRandom } from '../core/ids.js'
import { quoted } from '../core/quoted.js'
import { reasonOf } from '../server/errors.js'
import { selfSignedFiles } from '../server/self-signed.js'
import { CommandError, UsageError } from './errors.js'
import { configTemplate, dnsRecords } from './init-texts.js'
import type { Output } from './output.js'
import { silentLog } from './silent-log.js'

interface InitOptions {
  readonly hostname: string
  readonly domain: string
}

export function initCommand(program: Command, out: Output): void {
  program
    .command('init')
    .description('make a folder for a server: configuration, key, data; print what the DNS must say')
    .argument('<dir>')
    .requiredOption('--hostname <name>', 'how the server calls itself: a name in the DNS, such as mail.example.org')
    .requiredOption('--domain <name>', 'the domain whose mail it takes, such as example.org')
    .action((dir: string, options: InitOptions) => init(resolve(dir), options, out))
}

/** @throws CommandError when DIR has a configuration already: nothing is ever overwritten */
async function init(dir: string, options: InitOptions, out: Output): Promise<void> {
  const hostname = nameOf('--hostname', options.hostname)
  const domain = nameOf('--domain', options.domain)
  const file = join(dir, 'posthorn.toml')
  const config = await writeConfig(file, configTemplate(hostname), dir)
  await selfSignedFiles(config.dataDir, hostname, systemClock)
  await takeIn(domain, config)
  out.print(
    [
      `${file} is written; the server keeps everything in ${config.dataDir}`,
      '',
      'The DNS must say:',
      '',
      ...dnsRecords(hostname, domain),
      '',
      'Next:',
      `  posthorn user add postmaster@${domain} --config ${file}`,
      `  posthorn serve --config ${file}`,
    ].join('\n'),
  )
}

function nameOf(option: string, text: string): string {
  const name = canonicalDomain(text)
  if (name === null || !name.includes('.'))
    throw new UsageError(`${option} ${quoted(text)}: must be a full domain name`)
  return name
}

/** 'wx': made by this call or not at all. */
async function writeConfig(file: string, text: string, dir: string): Promise<Config> {
  const config = parseConfig(text, file, {}, dir)
  try {
    await mkdir(dir, { recursive: true, mode: 0o755 })
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new CommandError(
      exists ? `${file} is there already and is not overwritten` : `cannot write ${file}: ${reasonOf(error)}`,
    )
  }
  return config
}

/** A folder of data that was kept from before may know the domain. */
async function takeIn(domain: string, config: Config): Promise<void> {
  const { openDirect } = await import('../server/main.js')
  const client = await openDirect({ config, clock: systemClock, random: systemRandom, log: silentLog })
  try {
    await client.call(addDomain, { name: domain })
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 409) throw error
  } finally {
    await client.close()
  }
}
