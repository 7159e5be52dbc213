/** posthorn config: whether a configuration can be used, and what it amounts to. */
import type { Command } from 'commander'
import { loadConfig } from '../core/config.js'
import { showConfig } from '../core/config-show.js'
import { readRoutes } from '../server/route-passwords.js'
import { checkCertificates } from '../server/tls.js'
import type { Output } from './output.js'

export function configCommands(program: Command, out: Output): void {
  const config = program.command('config').description('the configuration file')

  config
    .command('check')
    .description('is it valid, and can the certificates and passwords that it names be used?')
    .argument('<file>')
    .action(async (file: string) => {
      const settings = await loadConfig(file, process.env)
      const warnings = await checkCertificates(settings)
      await readRoutes(settings.queue.routes)
      for (const warning of warnings) out.complain(`posthorn: warning: ${warning}`)
      out.print(`${file} is valid`)
    })

  config
    .command('show')
    .description('all keys with the values that are in force, as TOML')
    .argument('<file>')
    .action(async (file: string) => out.print(showConfig(await loadConfig(file, process.env)).trimEnd()))
}
