import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { systemRandom } from '../core/ids.js'
import { SECRET_KEY_OCTETS, Secrets, scramKeys } from './secrets.js'

const made = (key = randomBytes(SECRET_KEY_OCTETS)): Secrets =>
  new Secrets({ key, random: systemRandom, iterations: 4096 })
const ADDRESS = 'a@example.org'

test.each(['secret', 'p\u00e4ss w\u00f6rd', 'x'.repeat(72)])(
  'what was sealed of %j opens for its owner alone',
  async (password) => {
    const secrets = made()
    const { cramMd5 } = await secrets.derive(ADDRESS, password)
    const sealed = cramMd5 ?? Buffer.alloc(0)
    expect(secrets.open(ADDRESS, sealed)?.toString()).toBe(password)
    expect(secrets.open('b@example.org', sealed)).toBeNull()
    expect(made().open(ADDRESS, sealed)).toBeNull()
    expect(Buffer.from(sealed).includes(password)).toBe(false)
  },
)

test('any octet that is changed, and any that is missing, is noticed', async () => {
  const secrets = made()
  const sealed = Buffer.from((await secrets.derive(ADDRESS, 'secret')).cramMd5 ?? [])
  for (let i = 0; i < sealed.length; i++) {
    const changed = Buffer.from(sealed)
    changed[i] = (changed[i] ?? 0) ^ 1
    expect(secrets.open(ADDRESS, changed)).toBeNull()
    expect(secrets.open(ADDRESS, sealed.subarray(0, i))).toBeNull()
  }
})

test('SCRAM keys are those of the prepared password, with a salt of their own each time', async () => {
  const secrets = made()
  const one = (await secrets.derive(ADDRESS, 'I\u00adX')).scram
  const other = (await secrets.derive(ADDRESS, '\u2168')).scram
  expect(one?.iterations).toBe(4096)
  expect(one).toEqual(await scramKeys('IX', one?.salt ?? Buffer.alloc(0), 4096))
  expect(other?.salt).not.toEqual(one?.salt)
  expect(other).toEqual(await scramKeys('IX', other?.salt ?? Buffer.alloc(0), 4096))
})

test('a password that SASLprep refuses has no SCRAM keys, and one for CRAM-MD5', async () => {
  const secrets = made()
  const { scram, cramMd5 } = await secrets.derive(ADDRESS, 'bell\u0007')
  expect(scram).toBeNull()
  expect(secrets.open(ADDRESS, cramMd5 ?? Buffer.alloc(0))?.toString()).toBe('bell\u0007')
})

test('the secrets of nobody are always the same for one name, look like others, and tell nothing of the key', async () => {
  const key = randomBytes(SECRET_KEY_OCTETS)
  const [one, other] = [made(key).decoyScram('x'), made(key).decoyScram('y')]
  const real = (await made(key).derive(ADDRESS, 'secret')).scram
  expect(made(key).decoyScram('x')).toEqual(one)
  expect(other.salt).not.toEqual(one.salt)
  expect(made().decoyScram('x').salt).not.toEqual(one.salt)
  expect([one.salt.length, one.iterations]).toEqual([real?.salt.length, real?.iterations])
  expect(made(key).decoyCram('x')).not.toEqual(made(key).decoyCram('y'))
})

test('a key of another length is refused', () => {
  expect(() => made(Buffer.alloc(16))).toThrow('16 octets')
})
