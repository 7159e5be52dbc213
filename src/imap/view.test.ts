import { describe, expect, test } from 'vitest'
import { Desk } from '../../test/view-desk.js'
import type { Uid } from '../core/ids.js'
import { FLAG } from '../store/changes.js'
import { BadArgument, Farewell } from './errors.js'
import { parseSet, type SequenceSet } from './sets.js'

describe('announce', () => {
  test('nothing when nothing changed', async () => {
    const view = await (await Desk.with(3)).view()
    expect(view.announce(true)).toEqual([])
  })

  test('new messages are counted once, with how many are recent', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.add()
    await desk.add()
    expect(view.heardBefore).toBe(null)
    expect(view.announce(false)).toEqual(['3 EXISTS', '3 RECENT'])
    expect(view.heardBefore).toBe(4)
    await desk.add()
    expect(view.heardBefore).toBe(4)
  })

  test('expunges wait, and what is behind them, while numbers are in use (RFC 3501 §7.4.1)', async () => {
    const desk = await Desk.with(3)
    const view = await desk.view()
    await desk.flag(1, FLAG.seen, 'you')
    await desk.expunge(2)
    await desk.add()
    expect(view.announce(false)).toEqual(['1 FETCH (FLAGS (\\Seen \\Recent))', '2 FETCH (FLAGS (\\Deleted \\Recent))'])
    expect(view.behind(false)).toBe(false)
    expect(view.behind(true)).toBe(true)
    expect(view.announce(true)).toEqual(['2 EXPUNGE', '3 EXISTS', '3 RECENT'])
  })

  test('each expunge moves the numbers behind it', async () => {
    const desk = await Desk.with(5)
    const view = await desk.view()
    await desk.expunge(4)
    await desk.expunge(1, 2)
    expect(view.announce(true)).toEqual(['1 EXPUNGE', '1 EXPUNGE', '2 EXPUNGE'])
  })

  test('a message that came and went between two announcements never was', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.add()
    await desk.expunge(2)
    expect(view.announce(true)).toEqual([])
  })

  test('flags are told once, as they are now, whoever changed them last', async () => {
    const desk = await Desk.with(2)
    const view = await desk.view()
    await desk.flag(2, FLAG.seen, 'you')
    await desk.flag(2, FLAG.flagged, 'me', true)
    await desk.flag(1, FLAG.draft, 'me')
    expect(view.announce(false)).toEqual(['2 FETCH (FLAGS (\\Flagged \\Seen \\Recent))'])
  })

  test('a new keyword is told before it is used (RFC 3501 §7.2.6)', async () => {
    const desk = await Desk.with(0)
    const view = await desk.view()
    await desk.add(desk.mailbox, ['$Forwarded'])
    expect(view.announce(false)).toEqual([
      'FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded)',
      'OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded \\*)] Flags that are kept',
      '1 EXISTS',
      '1 RECENT',
    ])
    expect(view.keywordLines()).toEqual([])
  })

  test('other mailboxes are no concern of this one', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.add(desk.other)
    await desk.store.createMailbox((await desk.store.findUser('a@example.org'))?.id as never, {
      name: 'new',
      specialUse: null,
    })
    expect(view.announce(true)).toEqual([])
    expect(view.behind(true)).toBe(false)
  })

  test('who cannot be brought up to date is told to go', async () => {
    const desk = await Desk.with(1, 2)
    const view = await desk.view()
    for (let i = 0; i < 3; i++) await desk.add()
    expect(() => view.announce(true)).toThrow(Farewell)
  })

  test('the end of the account ends the session', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.store.removeUser('a@example.org')
    expect(() => view.announce(false)).toThrow(Farewell)
  })
})

describe('what a client may ask for', () => {
  test('an expunged message stays readable until its EXPUNGE was told', async () => {
    const desk = await Desk.with(2)
    const view = await desk.view()
    await desk.expunge(1)
    expect(view.state.entry(1 as Uid)).toBe(null)
    expect(view.entry(1 as Uid)?.uid).toBe(1)
    view.announce(false)
    expect(view.entry(1 as Uid)?.uid).toBe(1)
    view.announce(true)
    expect(view.entry(1 as Uid)).toBe(null)
  })

  test.each([
    ['sequence', '1', [1]],
    ['sequence', '3:1', [1, 3, 4]],
    ['sequence', '*', [4]],
    ['sequence', '1,1:2', [1, 3]],
    ['uid', '1:*', [1, 3, 4]],
    ['uid', '2', []],
    ['uid', '9:*', [4]],
    ['uid', '4294967295', []],
  ] as const)('%s %s', async (kind, text, uids) => {
    const desk = await Desk.with(4)
    await desk.expunge(2)
    const view = await desk.view()
    const addressed = [...view.addressed(parseSet(text) as SequenceSet, kind)]
    expect(addressed.map(({ uid }) => uid)).toEqual(uids)
    expect(addressed.map(({ seq }) => seq)).toEqual(uids.map((uid) => [1, 3, 4].indexOf(uid) + 1))
  })

  test.each(['4', '1:4', '2,9'])('sequence number %s does not exist', async (text) => {
    const view = await (await Desk.with(3)).view()
    expect(() => view.addressed(parseSet(text) as SequenceSet, 'sequence')).toThrow(BadArgument)
  })

  test('an empty mailbox has no message "*", and no UID either', async () => {
    const view = await (await Desk.with(0)).view()
    expect(() => view.addressed(parseSet('*') as SequenceSet, 'sequence')).toThrow(BadArgument)
    expect([...view.addressed(parseSet('1:*') as SequenceSet, 'uid')]).toEqual([])
  })

  test('UIDNEXT is one of a client that has heard so much and no more', async () => {
    const desk = await Desk.with(3)
    const view = await desk.view()
    await desk.add()
    expect(view.uidNext).toBe(4)
    view.announce(false)
    expect(view.uidNext).toBe(5)
  })
})
