import { describe, expect, test } from 'vitest'
import { type ImapClient, World } from '../../../test/imap-world.js'
import { imapLimits, storeLimits } from '../../core/limits.js'
import { FLAG } from '../../store/changes.js'
import { StoreError } from '../../store/errors.js'

const MANY = storeLimits.rowsPerWrite + 500

/** A session that has an INBOX of `n` messages selected. */
async function selected(n: number, pendingChanges?: number, system = 0): Promise<{ world: World; c: ImapClient }> {
  const world = await World.create({}, ['Sent'], pendingChanges)
  const spool = world.store.newSpool()
  await spool.write(Buffer.from('x'))
  const message = { blob: await spool.seal(), flags: { system, keywords: [] }, internalDate: 0, internalZone: 0 }
  await world.store.append(world.inbox, Array(n).fill(message))
  const c = await world.connect()
  await c.say('s SELECT INBOX\r\n')
  return { world, c }
}

describe('MOVE of more messages than are one commit', () => {
  test('tells each slice before the next, so that the session keeps up', async () => {
    const { c } = await selected(MANY, storeLimits.rowsPerWrite + 200)
    const lines = (await c.say('a MOVE 1:* Sent\r\n')).split('\r\n')
    const codes = lines.flatMap((line, at) => (line.includes('COPYUID') ? [[at, line]] : []))
    const first = storeLimits.rowsPerWrite
    expect(codes).toEqual([
      [0, expect.stringMatching(`^\\* OK \\[COPYUID \\d+ 1:${first} 1:${first}\\] Moved$`)],
      [first + 1, expect.stringMatching(`^\\* OK \\[COPYUID \\d+ ${first + 1}:${MANY} ${first + 1}:${MANY}\\] Moved$`)],
    ])
    expect(lines.filter((line) => line === '* 1 EXPUNGE').length).toBe(MANY)
    expect(lines.slice(-2)).toEqual(['a OK MOVE completed', ''])
  })

  test('that is refused on the way has told what was moved', async () => {
    const { world, c } = await selected(MANY)
    const move = world.store.move.bind(world.store)
    let calls = 0
    world.store.move = async (...args) => {
      if (++calls === 2) throw new StoreError('unavailable', 'disk full')
      return move(...args)
    }
    const said = await c.say('a UID MOVE 1:* Sent\r\n')
    expect(said).toMatch(new RegExp(`^\\* OK \\[COPYUID \\d+ 1:${storeLimits.rowsPerWrite} .*\r\n\\* 1 EXPUNGE\r\n`))
    expect(said).toMatch(/a NO \[UNAVAILABLE\] [^\r]*\r\n$/)
    expect(await c.say('b STATUS Sent (MESSAGES)\r\n')).toContain(`MESSAGES ${storeLimits.rowsPerWrite}`)
    expect(await c.say('c FETCH 1:* UID\r\n')).toContain(`* 500 FETCH (UID ${MANY})`)
  })
})

test('UID EXPUNGE of so many tells each slice', async () => {
  const { c } = await selected(MANY, storeLimits.rowsPerWrite + 200, FLAG.deleted)
  const lines = (await c.say(`b UID EXPUNGE 2:${MANY}\r\n`)).split('\r\n')
  expect(lines.filter((line) => line === '* 2 EXPUNGE').length).toBe(MANY - 1)
  expect(lines.slice(-2)).toEqual(['b OK UID EXPUNGE completed', ''])
})

test.each([
  ['EXPUNGE', '* 1 EXPUNGE', MANY],
  ['STORE 1:* FLAGS.SILENT ()', '', 1],
  ['UID STORE 1:* +FLAGS.SILENT (\\Seen k)', '', 1],
  ['FETCH 1:* BODY[1]', '', 1],
])('%s of so many leaves the session with nothing that it could not be told', async (command, line, times) => {
  const { c } = await selected(MANY, storeLimits.rowsPerWrite + 300, FLAG.deleted)
  const lines = (await c.say(`a ${command}\r\n`)).split('\r\n')
  expect(lines.filter((one) => one === line).length).toBe(times)
  expect(lines.at(-2)).toMatch(/^a OK /)
  expect(await c.say('b NOOP\r\n')).toBe('b OK NOOP completed\r\n')
})

test('a COPYUID that nobody could read is left out', async () => {
  const { world, c } = await selected(1)
  const from = Array.from({ length: imapLimits.uidSets / 4 }, (_, i) => 10_000 + 2 * i) as never
  world.store.copy = async () => ({ uidValidity: 1, from, to: from })
  world.store.move = async () => ({ uidValidity: 1, from, to: from })
  expect(await c.say('a COPY 1 Sent\r\n')).toBe('a OK COPY completed\r\n')
  expect(await c.say('b MOVE 1 Sent\r\n')).toBe('b OK MOVE completed\r\n')
})

test('a destination that is full of keywords', async () => {
  const { world, c } = await selected(1)
  world.store.copy = () => Promise.reject(new StoreError('too-many-keywords', 'full'))
  expect(await c.say('a COPY 1 Sent\r\n')).toMatch(/^a NO \[LIMIT\] /)
})

test('an empty mailbox has no numbers, and UIDs that match nothing', async () => {
  const { c } = await selected(0)
  expect(await c.say('a COPY 1:* Sent\r\n')).toMatch(/^a BAD /)
  expect(await c.say('b MOVE * Sent\r\n')).toMatch(/^b BAD /)
  expect(await c.say('c UID COPY 1:* Sent\r\n')).toBe('c OK No matching messages, so nothing was copied\r\n')
  expect(await c.say('d UID MOVE * Sent\r\n')).toBe('d OK No matching messages, so nothing was moved\r\n')
})
