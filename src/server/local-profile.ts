/** The accounts of the local profile and what it prints: lines that work when they are pasted into a shell. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { AccountService } from '../accounts/service.js'
import type { Service } from '../core/config.js'
import { localDomain } from '../core/config-local.js'
import { replaceFile } from '../core/durable-file.js'
import { newId, type Random } from '../core/ids.js'
import { reasonOf, StartupError } from './errors.js'
import type { BoundListener } from './listeners.js'

export interface LocalAccount {
  readonly address: string
  readonly password: string
}

const NAMES = ['alice', 'bob'] as const
/** 16 signs of 5 bits. */
const PASSWORD_LENGTH = 16

const kept = z.record(z.string(), z.string())

/**
 * Domain and accounts as the local profile has them, made where they are missing. Passwords are made
 * once and kept in DATA/local-accounts.json (mode 0600).
 * @throws StartupError when that file cannot be read or written
 */
export async function localAccounts(
  accounts: AccountService,
  dataDir: string,
  random: Random,
): Promise<readonly LocalAccount[]> {
  const file = join(dataDir, 'local-accounts.json')
  const before = await readPasswords(file)
  const wanted = NAMES.map((name) => {
    const address = `${name}@${localDomain}`
    return { address, password: before[address] ?? newId(random, PASSWORD_LENGTH) }
  })
  // Written first: a crash behind this line leaves users who get the very password that the file has.
  if (wanted.some(({ address }) => before[address] === undefined)) await writePasswords(file, wanted)
  const domains = await accounts.listDomains()
  if (!domains.some(({ name }) => name === localDomain)) await accounts.addDomain(localDomain)
  const users = new Set((await accounts.listUsers(localDomain)).map(({ address }) => address))
  await Promise.all(
    wanted.map(async ({ address, password }) => {
      if (!users.has(address)) await accounts.addUser(address, password)
      else if (before[address] === undefined) await accounts.setPassword(address, password)
    }),
  )
  return wanted
}

async function readPasswords(file: string): Promise<z.infer<typeof kept>> {
  try {
    return kept.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    const why = error instanceof SyntaxError || error instanceof z.ZodError ? 'not as it was written' : reasonOf(error)
    throw new StartupError(`cannot read ${file}: ${why}`, error)
  }
}

async function writePasswords(file: string, accounts: readonly LocalAccount[]): Promise<void> {
  const content = Object.fromEntries(accounts.map(({ address, password }) => [address, password]))
  try {
    await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`, 0o600)
  } catch (error) {
    throw new StartupError(`cannot write ${file}: ${reasonOf(error)}`, error)
  }
}

export interface Greeting {
  readonly version: string
  readonly dataDir: string
  /** Path of the control socket. */
  readonly control: string
  readonly listeners: readonly BoundListener[]
  readonly accounts: readonly LocalAccount[]
}

/** What a newcomer reads after the start. */
export function localGreeting({ version, dataDir, control, listeners, accounts }: Greeting): string {
  const at = (service: Service): string => {
    const { address, port } = listeners.find((l) => l.service === service) ?? { address: '127.0.0.1', port: 0 }
    return `${address}:${port}`
  }
  const [alice, bob] = accounts
  if (alice === undefined || bob === undefined) return ''
  const tryIt = triesFor(at, alice, bob, control)
  return [
    `Posthorn ${version} is running, for this machine alone. Everything it keeps is in ${dataDir}`,
    '',
    ...accounts.map(({ address, password }) => `  ${address.padEnd(21)}  password  ${password}`),
    '',
    `  SMTP ${at('smtp')}   submission ${at('submission')} (STARTTLS), ${at('submissions')} (TLS)`,
    `  IMAP ${at('imap')} (STARTTLS), ${at('imaps')} (TLS)   admin http://${at('admin')}/v1/status`,
    '',
    'The certificate is self-signed. To try it, paste a line into another shell:',
    ...tryIt.flatMap(({ what, line }) => ['', `# ${what}`, line]),
    '',
    'Ctrl-C stops it; all mail is still there at the next start.',
    '',
  ].join('\n')
}

interface Try {
  readonly what: string
  readonly line: string
}

function triesFor(at: (service: Service) => string, alice: LocalAccount, bob: LocalAccount, control: string): Try[] {
  const upload = (from: LocalAccount, to: LocalAccount, subject: string): string =>
    `printf 'From: ${from.address}\\r\\nTo: ${to.address}\\r\\nSubject: ${subject}\\r\\n\\r\\nIt works.\\r\\n' | curl --silent --show-error --upload-file - --mail-from ${from.address} --mail-rcpt ${to.address}`
  const as = ({ address, password }: LocalAccount): string => `--user '${address}:${password}'`
  const look = 'curl --silent --show-error --insecure'
  return [
    {
      what: 'SMTP: a mail to alice, as another server would bring it',
      line: `${upload(bob, alice, 'By SMTP')} smtp://${at('smtp')}`,
    },
    {
      what: 'Submission with STARTTLS: alice writes to bob',
      line: `${upload(alice, bob, 'By submission')} --insecure --ssl-reqd ${as(alice)} smtp://${at('submission')}`,
    },
    {
      what: 'Submission with TLS from the start: bob writes to alice',
      line: `${upload(bob, alice, 'By submissions')} --insecure ${as(bob)} smtps://${at('submissions')}`,
    },
    {
      what: "IMAP with STARTTLS: what is in alice's INBOX",
      line: `${look} --ssl-reqd ${as(alice)} --request 'FETCH 1:* (FLAGS INTERNALDATE ENVELOPE)' imap://${at('imap')}/INBOX`,
    },
    {
      what: "IMAP with TLS from the start: the newest mail in alice's INBOX",
      line: `${look} ${as(alice)} 'imaps://${at('imaps')}/INBOX;MAILINDEX=*'`,
    },
    {
      what: 'The admin API',
      line: `curl --silent --show-error --unix-socket ${quoted(control)} http://posthorn/v1/users`,
    },
  ]
}

/** For a POSIX shell. */
const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
