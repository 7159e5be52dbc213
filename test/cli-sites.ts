/** Folders and servers for tests of the command line; all are gone when the tests are over. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type RunOptions, Served } from './program.js'

export interface CliSites {
  /** A folder of this test file. */
  readonly dir: string
  /** Starts a server that is ended after the test. */
  serve(args: readonly string[], options?: RunOptions): Served
  /** A new folder with a configuration for free ports; `more` is TOML behind the listeners. @returns its path */
  site(more?: string, services?: readonly string[]): Promise<string>
}

/** To be called once by a test file: it sets up what comes before and after. */
export function cliSites(): CliSites {
  const servers: Served[] = []
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'posthorn-cli-'))
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.kill()
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))
  return {
    get dir() {
      return dir
    },
    serve(args, options = {}) {
      const server = new Served(args, options)
      servers.push(server)
      return server
    },
    async site(more = '', services = ['smtp', 'imap']) {
      const folder = await mkdtemp(join(dir, 'site-'))
      const file = join(folder, 'posthorn.toml')
      const tables = services.map((s) => `[[listener]]\nservice = "${s}"\naddress = "127.0.0.1"\nport = 0\n`)
      // Nothing leaves this machine unless a test says where to.
      const queue = more.includes('queue') ? '' : 'queue.deliver = "none"\n'
      await writeFile(file, `hostname = "mail.example.org"\ndata_dir = "data"\n${queue}${tables.join('')}${more}`)
      return file
    },
  }
}
