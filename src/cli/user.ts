/** posthorn user: who has mail here. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AdminClient } from '../admin/client.js'
import {
  addUser,
  disableUser,
  enableUser,
  listUsers,
  type RemovedReply,
  removeUser,
  setPassword,
  setUser,
  showUser,
  type UserReply,
} from '../admin/users.js'
import { serverLimits } from '../core/limits.js'
import { withAdmin } from './connect.js'
import { UsageError } from './errors.js'
import { json, type Output, sizeText, table, timeText } from './output.js'
import { askPassword } from './password.js'
import { type SiteOptions, withSite } from './site.js'
import { onOff, type Switch } from './switch.js'

type PerHour = number | 'default'

interface UserOptions extends SiteOptions {
  readonly passwordStdin?: true
  readonly displayName?: string
  readonly sendAs?: 'own' | 'any'
  readonly messagesPerHour?: PerHour
  readonly recipientsPerHour?: PerHour
  readonly allowSmtp?: Switch
  readonly allowImap?: Switch
  readonly domain?: string
  readonly status?: 'active' | 'inactive'
  readonly limit?: number
  readonly offset?: number
  readonly json?: true
}

type Work = (client: AdminClient, address: string, options: UserOptions) => Promise<string>

export function userCommands(program: Command, out: Output): void {
  const user = program.command('user').description('who has mail here')
  /** A subcommand on one address that prints one thing. */
  const one = (name: string, description: string, work: Work): Command =>
    withSite(user.command(name).description(description).argument('<address>')).action(
      (address: string, options: UserOptions) =>
        withAdmin(options, async (client) => out.print(await work(client, address, options))),
    )

  withPassword(user, 'add', 'make a user with the default mailboxes', out, addWork).addOption(displayName)
  withPassword(user, 'password', 'set a new password', out, passwordWork)
  one('show', 'show one', async (client, address, options) => {
    const found = await client.call(showUser, { address })
    return options.json ? json(found) : shown(found)
  }).option('--json', 'for programs')
  one('set', 'change what is known of a user', setWork)
    .addOption(displayName)
    .addOption(new Option('--send-as <whom>', 'own: under own addresses and aliases alone').choices(['own', 'any']))
    .option('--messages-per-hour <number>', perHourHelp('messages'), perHour)
    .option('--recipients-per-hour <number>', perHourHelp('recipients'), perHour)
    .addOption(onOff('--allow-smtp', 'the user may log in to send'))
    .addOption(onOff('--allow-imap', 'the user may log in to read'))
  one('enable', 'let a user log in and receive mail', async (client, address) => {
    return `user ${(await client.call(enableUser, { address })).address} enabled`
  })
  one('disable', 'no more logins, no more mail; nothing is lost', async (client, address) => {
    return `user ${(await client.call(disableUser, { address })).address} disabled`
  })
  one('remove', 'remove a user with all mailboxes and mail', async (client, address, options) => {
    const left = await client.call(removeUser, { address })
    if (options.json) return json(left)
    for (const line of stillLeading(address, left)) out.complain(line)
    return `user ${address} removed`
  }).option('--json', 'for programs')
  withSite(user.command('list').description('list all, or those of one domain'))
    .option('--domain <name>', 'only those of this domain')
    .addOption(new Option('--status <status>', 'only those who are so').choices(['active', 'inactive']))
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--offset <n>', 'leave out so many first', wholeNumber)
    .option('--json', 'for programs')
    .action((options: UserOptions) => withAdmin(options, async (client) => out.print(await list(client, options))))
}

const displayName = new Option('--display-name <name>', 'the name that people read')

type PasswordWork = (client: AdminClient, address: string, password: string, options: UserOptions) => Promise<string>

/** The password is asked for before the data is opened: nobody else waits while somebody types. */
function withPassword(user: Command, name: string, description: string, out: Output, work: PasswordWork): Command {
  return withSite(user.command(name).description(description).argument('<address>'))
    .option('--password-stdin', 'read the password from stdin; without it, it is asked for')
    .action(async (address: string, options: UserOptions) => {
      const password = await askPassword(options.passwordStdin === true, process.stdin)
      await withAdmin(options, async (client) => out.print(await work(client, address, password, options)))
    })
}

const addWork: PasswordWork = async (client, address, password, options) => {
  const name = options.displayName === undefined ? {} : { display_name: options.displayName }
  return `user ${(await client.call(addUser, { address, password, ...name })).address} added`
}

const passwordWork: PasswordWork = async (client, address, password) => {
  await client.call(setPassword, { address, password })
  return `password of ${address} set`
}

const perHourHelp = (what: string): string =>
  `${what} that the user may send in an hour; 0: no limit; default: as the configuration has it`

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on')
  return Number(text)
}

function perHour(text: string): PerHour {
  if (text === 'default') return text
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number or "default"')
  return Number(text)
}

const orNull = (limit: PerHour): number | null => (limit === 'default' ? null : limit)

const setWork: Work = async (client, address, { displayName, sendAs, ...options }) => {
  const { messagesPerHour, recipientsPerHour, allowSmtp, allowImap } = options
  const given = {
    ...(displayName === undefined ? {} : { display_name: displayName }),
    ...(sendAs === undefined ? {} : { send_as: sendAs }),
    ...(messagesPerHour === undefined ? {} : { messages_per_hour: orNull(messagesPerHour) }),
    ...(recipientsPerHour === undefined ? {} : { recipients_per_hour: orNull(recipientsPerHour) }),
    ...(allowSmtp === undefined ? {} : { allow_smtp: allowSmtp === 'on' }),
    ...(allowImap === undefined ? {} : { allow_imap: allowImap === 'on' }),
  }
  if (Object.keys(given).length === 0)
    throw new UsageError('nothing to set: give an option such as --display-name NAME')
  return `user ${(await client.call(setUser, { address, ...given })).address} changed`
}

/** Page by page, so that no answer of the server is large. */
async function allUsers(client: AdminClient, { domain, status, offset, limit }: UserOptions): Promise<UserReply[]> {
  const users: UserReply[] = []
  const most = limit ?? Number.POSITIVE_INFINITY
  let from: { offset?: number | undefined; after?: string } = { offset }
  for (;;) {
    const page = Math.min(serverLimits.listedUsers, most - users.length)
    const { users: found, next } = await client.call(listUsers, { domain, status, ...from, limit: page })
    users.push(...found)
    if (next === null || users.length >= most) return users
    from = { after: next }
  }
}

async function list(client: AdminClient, options: UserOptions): Promise<string> {
  const users = await allUsers(client, options)
  if (options.json) return json(users)
  return table(
    ['ADDRESS', 'STATUS', 'MESSAGES', 'SIZE', 'LAST LOGIN', 'NAME'],
    users.map((u) => [u.address, u.status, u.messages, sizeText(u.size), timeText(u.last_login), u.display_name]),
  )
}

/** What an administrator may want to do next. */
function stillLeading(address: string, { aliases, catch_alls }: RemovedReply): string[] {
  const named = aliases.map((alias) => `the alias ${alias}`)
  const caught = catch_alls.map((domain) => `the catch-all of ${domain}`)
  return [...named, ...caught].map((what) => `${what} still leads to ${address}`)
}

const limitText = (limit: number | null): string =>
  limit === null ? '(as configured)' : limit === 0 ? '(no limit)' : String(limit)

const shown = (user: UserReply): string =>
  [
    `address       ${user.address}`,
    `name          ${user.display_name || '(none)'}`,
    `status        ${user.status}`,
    `created       ${timeText(user.created_at)}`,
    `last login    ${timeText(user.last_login)}`,
    `mailboxes     ${user.mailboxes}`,
    `messages      ${user.messages}`,
    `size          ${sizeText(user.size)}`,
    `sends as      ${user.send_as}`,
    `messages/h    ${limitText(user.messages_per_hour)}`,
    `recipients/h  ${limitText(user.recipients_per_hour)}`,
    `logs in for   ${[user.allow_smtp ? 'smtp' : '', user.allow_imap ? 'imap' : ''].filter(Boolean).join(', ') || '(nothing)'}`,
  ].join('\n')
