/**
 * `node dist/bench/login-timing.js`: does the time of a refused login tell who exists? Users that there are,
 * that are disabled and that there are not are tried in turns, in an order drawn anew for each round, and
 * each sample is held against that of wrong passwords (proofs) by the rank test of Mann and Whitney. The
 * back-off, which is the same for all of them and much longer, is left out.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { StoreAuthenticator } from '../src/accounts/authenticator.js'
import { CredentialCache } from '../src/accounts/credential-cache.js'
import { BcryptPasswords } from '../src/accounts/password.js'
import { noSessions } from '../src/accounts/presence.js'
import { SECRET_KEY_OCTETS, Secrets } from '../src/accounts/secrets.js'
import { AccountService } from '../src/accounts/service.js'
import { silentLog } from '../src/cli/silent-log.js'
import { systemClock } from '../src/core/clock.js'
import { systemRandom } from '../src/core/ids.js'
import { openSqliteStore } from '../src/store/sqlite/open.js'
import { type Group, groups, RIGHT, UNPREPARED } from './login-attempts.js'
import { mannWhitney, percentile } from './statistics.js'

const whole = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 4) throw new InvalidArgumentError('a whole number from 4 on is needed')
  return n
}

const args = new Command('login-timing')
  .description('Whether the time of a refused login tells who exists')
  .option('--tries <n>', 'of each kind with a password', whole, 100)
  .option('--proofs <n>', 'of each kind with SCRAM and CRAM-MD5, which cost little', whole, 2000)
  .option('--cost <n>', 'of bcrypt; a low one has less noise to hide a difference in', whole, 12)
  .option('--json', 'one JSON object', false)
  .parse()
  .opts<{ readonly tries: number; readonly proofs: number; readonly cost: number; readonly json: boolean }>()

async function authenticatorIn(dir: string) {
  const [clock, random, log] = [systemClock, systemRandom, silentLog]
  const store = await openSqliteStore({ dir, clock, random })
  const secrets = new Secrets({ key: random(SECRET_KEY_OCTETS), random })
  const passwords = new BcryptPasswords({ cost: args.cost })
  const parts = { store, secrets, passwords, clock, random, log }
  const credentials = new CredentialCache({ clock, random, ttl: () => 0 })
  const defaultMailboxes = () => [{ name: 'INBOX', specialUse: null }]
  const accounts = new AccountService({
    ...parts,
    credentials,
    sessions: noSessions,
    defaultMailboxes,
    minPasswordLength: () => 1,
  })
  await accounts.addDomain('bench.test')
  await accounts.addUser('unprepared@bench.test', UNPREPARED)
  for (const name of ['user', 'disabled']) {
    await accounts.addUser(`${name}@bench.test`, RIGHT)
    for (let i = 0; i < 20; i++)
      await accounts.appPasswords.add(`${name}@bench.test`, `${i}`, { smtp: true, imap: true })
  }
  await accounts.disableUser('disabled@bench.test')
  const throttle = { refuses: () => false, failed: () => 0, succeeded: () => {} }
  return { store, authenticator: new StoreAuthenticator({ ...parts, credentials, throttle }) }
}

/** An order that is a new one each time, so that what else the machine does falls on all alike. */
const shuffled = <T>(all: readonly T[]): T[] =>
  all
    .map((one) => ({ one, at: systemRandom(4).readUInt32BE() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)

/** Milliseconds of each part of each kind. */
type Samples = Map<string, Map<string, number[]>>

async function measure({ attempts, isSlow }: Group): Promise<Samples> {
  const samples: Samples = new Map()
  const tries = isSlow ? args.tries : args.proofs
  for (let round = -Math.ceil(tries / 10); round < tries; round++)
    for (const [kind, attempt] of shuffled([...attempts])) {
      for (const [part, ms] of Object.entries(await attempt())) if (round >= 0) note(samples, part, kind, ms)
    }
  return samples
}

function note(samples: Samples, part: string, kind: string, ms: number): void {
  const kinds = samples.get(part) ?? new Map<string, number[]>()
  samples.set(part, kinds)
  const times = kinds.get(kind) ?? []
  kinds.set(kind, times)
  times.push(ms)
}

interface Row {
  readonly kind: string
  readonly median_ms: number
  readonly z: number
  readonly slower: number
}

/** In the order of the group, whose first kind is what the others are held against. */
function rowsOf({ attempts }: Group, times: ReadonlyMap<string, number[]>): Row[] {
  const [first = ''] = attempts.keys()
  const reference = times.get(first) ?? []
  return [...attempts.keys()].map((kind) => {
    const mine = times.get(kind) ?? []
    return { kind, median_ms: percentile(Float64Array.from(mine).sort(), 0.5), ...mannWhitney(mine, reference) }
  })
}

function print(title: string, rows: readonly Row[]): void {
  console.log(title)
  for (const { kind, median_ms, z, slower } of rows)
    console.log(
      `  ${kind.padEnd(34)} median ${median_ms.toFixed(3)} ms  slower in ${(slower * 100).toFixed(1)} %  z ${z.toFixed(2)}`,
    )
}

const dir = await mkdtemp(join(tmpdir(), 'posthorn-timing-'))
try {
  const { store, authenticator } = await authenticatorIn(dir)
  const found: { readonly mechanism: string; readonly part: string; readonly rows: readonly Row[] }[] = []
  if (!args.json) console.log(`bcrypt at cost ${args.cost}; |z| above 3.3 would tell a kind from the first one`)
  for (const group of groups(authenticator)) {
    for (const [part, times] of await measure(group)) {
      const rows = rowsOf(group, times)
      found.push({ mechanism: group.name, part, rows })
      if (!args.json) print(`${group.name}, ${part}, ${times.values().next().value?.length} tries of each kind`, rows)
    }
  }
  await store.close()
  if (args.json) console.log(JSON.stringify({ ...args, found }))
} finally {
  await rm(dir, { recursive: true, force: true })
}
