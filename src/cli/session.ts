/** posthorn session: who is connected now. */
import type { Command } from 'commander'
import { endSession, endUserSessions, listSessions } from '../admin/sessions.js'
import { withAdmin } from './connect.js'
import { UsageError } from './errors.js'
import { json, type Output, table, timeText } from './output.js'
import { type SiteOptions, withSite } from './site.js'

interface SessionOptions extends SiteOptions {
  readonly user?: string
  readonly json?: true
}

export function sessionCommands(program: Command, out: Output): void {
  const session = program.command('session').description('who is connected now')
  withSite(session.command('list').description('the oldest first'))
    .option('--user <address>', 'only those of this user')
    .option('--json', 'for programs')
    .action((options: SessionOptions) => list(options, out))
  withSite(session.command('end').description('send a client away; what runs completes'))
    .argument('[id]', 'as the list has it')
    .option('--user <address>', 'all sessions of this user instead')
    .action((id: string | undefined, options: SessionOptions) => end(id, options, out))
}

const list = ({ user, json: asJson, ...site }: SessionOptions, out: Output): Promise<void> =>
  withAdmin(site, async (client) => {
    const { sessions } = await client.call(listSessions, user === undefined ? {} : { user })
    const rows = sessions.map((s) => [s.id, s.service, s.client_ip, timeText(s.since), s.user ?? '(not logged in)'])
    out.print(asJson ? json(sessions) : table(['ID', 'SERVICE', 'CLIENT', 'SINCE', 'USER'], rows))
  })

function end(id: string | undefined, { user, ...site }: SessionOptions, out: Output): Promise<void> {
  if ((id === undefined) === (user === undefined))
    throw new UsageError('give either the id of a session or --user ADDRESS')
  return withAdmin(site, async (client) => {
    if (user !== undefined) {
      const { ended } = await client.call(endUserSessions, { address: user })
      out.print(`${ended} ${ended === 1 ? 'session' : 'sessions'} of ${user} told to end`)
    } else if (id !== undefined) {
      await client.call(endSession, { id })
      out.print(`session ${id} told to end`)
    }
  })
}
