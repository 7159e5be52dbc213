#!/usr/bin/env node
/** The program: runs one command and ends with its exit code. */
import { processOutput } from './output.js'
import { run } from './program.js'

// Mail, keys and passwords are for their owner alone, also in a folder that somebody made for all to read.
process.umask(0o077)

// `posthorn user list | head -1`: whoever read has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

const code = await run(process.argv.slice(2), processOutput)
// What was printed may still be on its way into a pipe.
process.stdout.write('', () => process.exit(code))
