import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { serverLimits } from '../core/limits.js'
import { Tokens, tokenFile } from './token-file.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-tokens-'))
})
afterEach(() => rm(dir, { recursive: true }))

const load = (): Promise<Tokens> => Tokens.load(dir, { clock: new FakeClock(1_000), random: systemRandom })

test('what is on disk is for its owner, opens nothing, and is known after a restart', async () => {
  const token = await (await load()).add('ops')
  const kept = await readFile(tokenFile(dir), 'utf8')
  expect(kept).not.toContain(token)
  expect((await stat(tokenFile(dir))).mode & 0o777).toBe(0o600)
  const again = await load()
  expect(again.nameOf(token)).toBe('ops')
  expect(again.nameOf(`${token}x`)).toBeNull()
  expect(again.list()).toEqual([{ name: 'ops', createdAt: '1970-01-01T00:00:01.000Z' }])
})

test('changes at once are all kept', async () => {
  const tokens = await load()
  await Promise.all(['c', 'a', 'b'].map((name) => tokens.add(name)))
  await expect(Promise.all([tokens.add('d'), tokens.add('d')])).rejects.toMatchObject({ refusal: 'token-exists' })
  await tokens.revoke('b')
  expect((await load()).list().map(({ name }) => name)).toEqual(['a', 'c', 'd'])
})

test('there is an end to them', async () => {
  const tokens = await load()
  for (let i = 0; i < serverLimits.adminTokens; i++) await tokens.add(`t${i}`)
  await expect(tokens.add('more')).rejects.toMatchObject({ refusal: 'too-many-tokens' })
})

test.each(['{', '[{"name":"a"}]', ''])('a file of %j is named', async (text) => {
  await writeFile(tokenFile(dir), text)
  await expect(load()).rejects.toThrow(`${tokenFile(dir)} is not a list of tokens`)
})
