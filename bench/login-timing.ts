/**
 * `node dist/bench/login-timing.js`: does the time of a refused login tell who exists? Users that there are,
 * that are disabled and that there are not are tried in turns, in an order drawn anew for each round, and
 * each sample is held against that of wrong passwords by the rank test of Mann and Whitney. The back-off,
 * which is the same for all of them and a hundred times as long, is left out.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
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
import { mannWhitney, percentile } from './statistics.js'

const whole = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 4) throw new InvalidArgumentError('a whole number from 4 on is needed')
  return n
}

const args = new Command('login-timing')
  .description('Whether the time of a refused login tells who exists')
  .option('--tries <n>', 'of each kind', whole, 300)
  .option('--cost <n>', 'of bcrypt; a low one has less noise to hide a difference in', whole, 8)
  .option('--json', 'one JSON object', false)
  .parse()
  .opts<{ readonly tries: number; readonly cost: number; readonly json: boolean }>()

const RIGHT = 'the right password'
const WRONG = 'the wrong password'
/** Of the shape of an app password, and none. */
const WRONG_APP = 'aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa'

const KINDS = {
  'wrong password': { username: 'user@bench.test', password: WRONG },
  'wrong password, again': { username: 'user@bench.test', password: WRONG },
  'wrong password, disabled user': { username: 'disabled@bench.test', password: WRONG },
  'unknown user': { username: 'nobody@bench.test', password: WRONG },
  'unknown domain': { username: 'nobody@elsewhere.test', password: WRONG },
  'no address': { username: 'nobody', password: WRONG },
  'wrong app password': { username: 'user@bench.test', password: WRONG_APP },
  'wrong app password, unknown user': { username: 'nobody@bench.test', password: WRONG_APP },
} as const
type Kind = keyof typeof KINDS
const kinds = Object.keys(KINDS) as Kind[]

/** The first of them is what the others are held against. */
const [REFERENCE] = kinds

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
const shuffled = (): Kind[] =>
  kinds
    .map((kind) => ({ kind, at: systemRandom(4).readUInt32BE() }))
    .sort((a, b) => a.at - b.at)
    .map(({ kind }) => kind)

async function measure(dir: string): Promise<Map<Kind, number[]>> {
  const { store, authenticator } = await authenticatorIn(dir)
  const samples = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]))
  const warmUp = Math.ceil(args.tries / 10)
  for (let round = -warmUp; round < args.tries; round++)
    for (const kind of shuffled()) {
      const begun = performance.now()
      const caller = { protocol: 'imap', remoteAddress: '127.0.0.1', sessionId: 'bench' } as const
      const { kind: verdict } = await authenticator.verify({ ...caller, ...KINDS[kind] })
      if (verdict !== 'invalid') throw new Error(`${kind} was ${verdict}`)
      if (round >= 0) samples.get(kind)?.push(performance.now() - begun)
    }
  await store.close()
  return samples
}

const dir = await mkdtemp(join(tmpdir(), 'posthorn-timing-'))
try {
  const samples = await measure(dir)
  const reference = (REFERENCE && samples.get(REFERENCE)) ?? []
  const rows = [...samples].map(([kind, times]) => ({
    kind,
    median_ms: percentile(Float64Array.from(times).sort(), 0.5),
    ...mannWhitney(times, reference),
  }))
  if (args.json) console.log(JSON.stringify({ ...args, rows }))
  else {
    console.log(`${args.tries} tries of each kind, bcrypt at cost ${args.cost}; |z| above 3.3 would tell them apart`)
    for (const { kind, median_ms, z, slower } of rows)
      console.log(
        `  ${kind.padEnd(34)} median ${median_ms.toFixed(3)} ms  slower in ${(slower * 100).toFixed(1)} %  z ${z.toFixed(2)}`,
      )
  }
} finally {
  await rm(dir, { recursive: true, force: true })
}
