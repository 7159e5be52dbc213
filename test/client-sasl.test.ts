/** The SASL of our client against that of our server. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { saslExchange, saslMechanisms } from '../src/accounts/sasl.js'
import type { SaslStep as ServerStep } from '../src/accounts/sasl-exchange.js'
import { systemClock } from '../src/core/clock.js'
import { systemRandom } from '../src/core/ids.js'
import { type SaslClient, type SaslStep, saslChoices } from '../src/queue/client-sasl.js'

const CREDENTIALS = { user: 'alice@posthorn.test', password: 'p=w,\u00aa' }

function clientOf(name: string): SaslClient {
  const [choice] = saslChoices([name], true, CREDENTIALS, systemRandom)
  if (choice === undefined) throw new Error(`no ${name}`)
  return choice.client
}

/** Goes on behind a derivation. */
function settled(client: SaslClient, step: SaslStep): SaslStep {
  if (step.kind !== 'derive') return step
  return client.derived(pbkdf2Sync(step.password, step.salt, step.iterations, 32, 'sha256'))
}

/** The secrets that our own server keeps of a password. */
function secretsOf(password: string) {
  const salt = Buffer.from('some salt')
  const iterations = 4096
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const mac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(mac('Client Key')).digest()
  return { cramMd5: () => password, scram: { salt, iterations, storedKey, serverKey: mac('Server Key') } }
}

/** Our own server's half; the end that it comes to. */
function served(
  name: string,
  secretPassword: string,
): { server: ServerStep; client: SaslClient; failed: string | null } {
  const client = clientOf(name)
  const surroundings = { random: systemRandom, clock: systemClock, hostname: 'mx', channelBinding: () => null }
  const exchange = saslExchange(name, saslMechanisms, surroundings as never)
  if (exchange === null) throw new Error('no exchange')
  let server = exchange.start(client.initial)
  for (;;) {
    if (server.kind === 'lookup') server = server.supply(secretsOf(secretPassword) as never)
    const octets =
      server.kind === 'challenge' ? server.octets : server.kind === 'proof' && server.right ? server.final : null
    if (octets === null) return { server, client, failed: null }
    const step = settled(client, client.answer(octets))
    if (step.kind !== 'respond') return { server, client, failed: step.kind === 'fail' ? step.why : step.kind }
    if (server.kind === 'proof') return { server, client, failed: null }
    server = exchange.answer(step.octets)
  }
}

describe('with our own server', () => {
  test.each(['CRAM-MD5', 'SCRAM-SHA-256'])('%s', (name) => {
    const { server, client, failed } = served(name, CREDENTIALS.password)
    expect(server).toMatchObject({ kind: 'proof', right: true })
    expect(failed).toBe(null)
    expect(client.satisfied).toBe(true)
    expect(served(name, 'other').server).toMatchObject({ kind: 'proof', right: false })
  })

  test.each(['PLAIN', 'LOGIN'])('%s', (name) => {
    const { server } = served(name, '')
    expect(server).toMatchObject({ kind: 'verify', username: CREDENTIALS.user, password: CREDENTIALS.password })
  })
})
