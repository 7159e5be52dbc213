/** posthorn serve: its options. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Output } from './output.js'
import type { ServeOptions } from './serving.js'
import { localFolder } from './site.js'

export function serveCommand(program: Command, out: Output, exit: (code: number) => void): void {
  program
    .command('serve')
    .description('run the server until SIGTERM or SIGINT')
    .option('--config <file>', 'configuration; without it, the local profile: 127.0.0.1, posthorn.test, alice and bob')
    .option('--data <dir>', `data folder of the local profile (default: ./${localFolder})`)
    .option('--port-base <n>', 'moves all ports of the local profile: n + 525, 587, 465, 143, 993, 80', portBase)
    .action(async (options: ServeOptions) => {
      // The whole server is loaded here: the other commands start faster without it.
      const { serve } = await import('./serving.js')
      exit(await serve(options, out))
    })
}

/** Whether it is a port is for the configuration to say. */
function portBase(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be a whole number')
}
