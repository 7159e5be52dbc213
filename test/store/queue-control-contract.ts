/** ControlStore: what operators see of the queue, what they can do about it, and what is remembered. */
import { describe, expect } from 'vitest'
import type { FakeClock } from '../../src/core/clock.js'
import type { Duty, QueueAction, QueueFilter, Store } from '../../src/store/store.js'
import { type NewStore, newInbox, octets, refusal, START, seal } from './fixtures.js'
import { attempt, claim, deferred, delivered, EVE, failed, send } from './outbound-contract.js'
import { ruleOf } from './rule.js'

/** `q1a q1b q2a` */
const shown = (found: readonly { readonly id: string; readonly recipient: string }[]): string =>
  found.map(({ id, recipient }) => `${id}${recipient.split('@')[0]}`).join(' ')

const listed = async (store: Store, filter: QueueFilter = {}): Promise<string> =>
  shown(await store.listRecipients(filter, null, 100))

const finished = async (store: Store): Promise<string[]> =>
  (await store.listFinished({}, null, 100)).map(({ id, recipient, outcome }) => `${id}${recipient[0]} ${outcome}`)

const until = (clock: FakeClock, at: number): Promise<void> => clock.advance(at - clock.now())

/** q1 to two at x, q2 to one at x and one at y, q3 from nobody to one at y; 60 ms between them. */
async function three(store: Store): Promise<void> {
  await newInbox(store)
  await send(store, 'q1', ['a@x.test', 'b@x.test'], { from: 'Bob+News@Near.test' })
  await send(store, 'q2', ['a@x.test', 'c@y.test'], { at: START + 60 })
  await send(store, 'q3', ['d@y.test'], { from: '', at: START + 120 })
}

export function queueControlContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('the listing of the queue', () => {
    rule('shows each recipient whole', async (store) => {
      await newInbox(store)
      const envelope = { body: '8BITMIME', utf8: true, returned: 'full', envelopeId: 'e1' } as const
      const dsn = { notify: ['success', 'delay'], originalRecipient: 'rfc822;A@x.test' } as const
      const blob = await seal(store, octets('q1'))
      const to = { kind: 'remote', recipient: 'a@x.test', dsn } as const
      await store.accept({ id: 'q1', from: EVE, envelope, deliveries: [to], blob, receivedAt: START })
      const before = {
        ...{ id: 'q1', from: EVE, recipient: 'a@x.test', destination: 'x.test', size: octets('q1').length },
        ...{ status: 'pending', claimed: false, retryCount: 0, nextRetry: START, enqueuedAt: START },
        ...{ lastAttempt: null, lastHost: null, lastReply: null, envelope, dsn },
      }
      expect(await store.listRecipients({}, null, 9)).toEqual([before])
      await claim(store, 'x.test')
      expect(await store.listRecipients({}, null, 9)).toEqual([{ ...before, claimed: true }])
      const tried = attempt('q1', deferred('a@x.test', 1, START + 60_000))
      await store.recordAttempt(tried)
      expect(await store.listRecipients({}, null, 9)).toEqual([
        {
          ...{ ...before, retryCount: 1, nextRetry: START + 60_000 },
          ...{ lastAttempt: tried.at, lastHost: tried.host, lastReply: '450 4.2.0 Later' },
        },
      ])
    })

    rule('is by id and recipient, in pages', async (store) => {
      await three(store)
      expect(await listed(store)).toBe('q1a q1b q2a q2c q3d')
      const first = await store.listRecipients({}, null, 3)
      expect(shown(first)).toBe('q1a q1b q2a')
      expect(shown(await store.listRecipients({}, first[2] ?? null, 3))).toBe('q2c q3d')
      expect(shown(await store.listRecipients({}, { id: 'q1', recipient: 'aa' }, 2))).toBe('q1b q2a')
    })

    rule('of those that fit all of a filter', async (store) => {
      await three(store)
      await claim(store, 'x.test', { messages: 1 })
      await store.recordAttempt(attempt('q1', deferred('a@x.test'), failed('b@x.test')))
      await store.control('hold', { id: 'q3' })
      const found: [QueueFilter, string][] = [
        [{ id: 'q2' }, 'q2a q2c'],
        [{ id: 'q4' }, ''],
        [{ sender: 'bob+news@near' }, 'q1a q1b'],
        [{ sender: 'EVE@' }, 'q2a q2c'],
        [{ sender: '' }, 'q3d'],
        [{ recipient: 'A@X' }, 'q1a q2a'],
        [{ recipient: '%' }, ''],
        [{ domain: 'y.test' }, 'q2c q3d'],
        [{ domain: 'y.test', sender: 'eve' }, 'q2c'],
        [{ domain: 'y.test', id: 'q2' }, 'q2c'],
        [{ status: 'pending' }, 'q1a q2a q2c'],
        [{ status: 'held' }, 'q3d'],
        [{ status: 'failed' }, 'q1b'],
        [{ before: START + 60 }, 'q1a q1b q2a q2c'],
        [{ error: 'later' }, 'q1a'],
        [{ error: '5.1.1 NO' }, 'q1b'],
        [{ before: START + 59, status: 'pending', recipient: 'a' }, 'q1a'],
      ]
      for (const [filter, fits] of found) expect(await listed(store, filter), JSON.stringify(filter)).toBe(fits)
    })

    rule(
      'goes through all of it, however little is looked at in one go',
      async (store) => {
        await newInbox(store)
        const many = Array.from(
          { length: 40 },
          (_, i) => `${String(i).padStart(2, '0')}@${i % 10 === 0 ? 'y' : 'x'}.test`,
        )
        await send(store, 'q1', many)
        expect(await listed(store, { recipient: '@y.' })).toBe('q100 q110 q120 q130')
        const [first, second] = await store.listRecipients({ recipient: '@y.' }, null, 2)
        expect([first?.recipient, second?.recipient]).toEqual(['00@y.test', '10@y.test'])
        expect(shown(await store.listRecipients({ recipient: '@y.' }, second ?? null, 2))).toBe('q120 q130')
        expect(await store.control('hold', { recipient: '@x.' })).toEqual({ done: 36, claimed: 0, unsuited: 0 })
        expect(await store.control('hold', {})).toEqual({ done: 4, claimed: 0, unsuited: 36 })
      },
      { queueScan: 3, queueSlice: 2, recipientsPerControl: 5 },
    )

    rule('has nobody who was delivered and of whom the sender is only to be told', async (store) => {
      await newInbox(store)
      const dsn = { notify: ['success'], originalRecipient: null } as const
      await send(store, 'q1', [{ kind: 'remote', recipient: 'a@x.test', dsn }, 'b@x.test'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', delivered('a@x.test'), deferred('b@x.test')))
      expect(await listed(store)).toBe('q1b')
      expect(await listed(store, { id: 'q1' })).toBe('q1b')
    })
  })

  describe('what is done about those who wait', () => {
    rule('retry: they are due now, and somebody hears of it', async (store, clock) => {
      await three(store)
      await claim(store, 'x.test', { messages: 1 })
      await store.recordAttempt(attempt('q1', deferred('a@x.test', 3), deferred('b@x.test', 3)))
      for (const id of ['q2', 'q3']) await store.control('hold', { id })
      await until(clock, START + 5_000)
      let heard = 0
      store.onQueued(() => heard++)
      expect(await store.control('retry', { id: 'q1', recipient: 'a@' })).toEqual({ done: 1, claimed: 0, unsuited: 0 })
      expect(heard).toBeGreaterThan(0)
      const [first] = await store.listRecipients({ id: 'q1' }, null, 1)
      expect(first).toMatchObject({ retryCount: 3, nextRetry: START + 5_000, lastReply: '450 4.2.0 Later' })
      expect(await store.dueDestinations(START + 5_000, 9)).toEqual([{ destination: 'x.test', due: START + 5_000 }])
      store.onQueued(null)
    })

    rule('hold: nobody gets them until they are released, and then at once', async (store, clock) => {
      await three(store)
      expect(await store.control('hold', { domain: 'x.test' })).toEqual({ done: 3, claimed: 0, unsuited: 0 })
      expect(await claim(store, 'x.test')).toEqual([])
      expect(await store.dueDestinations(START + 1e9, 9)).toMatchObject([{ destination: 'y.test' }])
      expect(await store.control('retry', { domain: 'x.test' })).toEqual({ done: 0, claimed: 0, unsuited: 3 })
      expect(await claim(store, 'x.test')).toEqual([])
      await until(clock, START + 500)
      let heard = 0
      store.onQueued(() => heard++)
      expect(await store.control('release', {})).toEqual({ done: 3, claimed: 0, unsuited: 2 })
      expect(heard).toBeGreaterThan(0)
      store.onQueued(null)
      expect((await claim(store, 'x.test')).map(({ id }) => id)).toEqual(['q1', 'q2'])
    })

    rule('fail: it is final, the sender is to be told, and it is remembered', async (store, clock) => {
      await three(store)
      await claim(store, 'x.test', { messages: 1 })
      await store.recordAttempt(attempt('q1', deferred('a@x.test'), deferred('b@x.test')))
      await store.control('hold', { id: 'q1', recipient: 'b@' })
      await until(clock, START + 9_000)
      const heard: Duty[] = []
      store.onDuty((duty) => heard.push(duty))
      heard.length = 0
      expect(await store.control('fail', { id: 'q1' })).toEqual({ done: 2, claimed: 0, unsuited: 0 })
      expect(heard).toContain('bounce')
      store.onDuty(null)
      const reply = '554 5.0.0 Given up by the administrator'
      expect(await store.listRecipients({ id: 'q1' }, null, 9)).toMatchObject([
        { recipient: 'a@x.test', status: 'failed', lastReply: reply },
        { recipient: 'b@x.test', status: 'failed', lastReply: reply },
      ])
      expect(await store.listFinished({}, null, 1)).toMatchObject([
        { id: 'q1', recipient: 'b@x.test', outcome: 'failed', reply, retryCount: 1, finishedAt: START + 9_000 },
      ])
      expect(await store.transcript({ id: 'q1', recipient: 'a@x.test' })).toBe('S: 220')
      expect(await store.control('fail', { id: 'q1' })).toEqual({ done: 0, claimed: 0, unsuited: 2 })
      expect(await store.control('drop', { id: 'q1' })).toEqual({ done: 0, claimed: 0, unsuited: 2 })
    })

    rule('fail: a sender who does not want to hear is not told, and the message goes', async (store) => {
      await newInbox(store)
      const dsn = { notify: [], originalRecipient: null }
      await send(store, 'q1', [{ kind: 'remote', recipient: 'a@x.test', dsn }])
      expect(await store.control('fail', {})).toEqual({ done: 1, claimed: 0, unsuited: 0 })
      expect(await listed(store)).toBe('')
      expect(await finished(store)).toEqual(['q1a failed'])
      expect((await store.queueStats()).messages).toBe(0)
    })

    rule('drop: they are gone, nobody is told, and it is remembered', async (store, clock) => {
      await three(store)
      await store.control('hold', { id: 'q2' })
      await until(clock, START + 9_000)
      const heard: Duty[] = []
      store.onDuty((duty) => heard.push(duty))
      heard.length = 0
      expect(await store.control('drop', { recipient: 'a@' })).toEqual({ done: 2, claimed: 0, unsuited: 0 })
      expect(heard).toEqual([])
      store.onDuty(null)
      expect(await listed(store)).toBe('q1b q2c q3d')
      expect(await store.listFinished({}, null, 9)).toMatchObject([
        { id: 'q2', recipient: 'a@x.test', outcome: 'dropped', reply: null, host: null, finishedAt: START + 9_000 },
        { id: 'q1', recipient: 'a@x.test', outcome: 'dropped', from: 'Bob+News@Near.test', enqueuedAt: START },
      ])
      await store.control('drop', {})
      expect(await store.queueStats()).toMatchObject({ messages: 0, pending: 0, held: 0, oldest: null })
      expect(await store.destinationStats('', 9)).toEqual([])
    })

    rule('who is tried now is passed over, and counted', async (store) => {
      await three(store)
      await claim(store, 'x.test', { messages: 1, recipients: 1 })
      for (const action of ['retry', 'hold', 'release', 'fail', 'drop'] as const satisfies readonly QueueAction[])
        expect((await store.control(action, { id: 'q1', recipient: 'a@' })).claimed, action).toBe(1)
      await store.recordAttempt(attempt('q1', delivered('a@x.test')))
      expect(await listed(store)).toBe('q1b q2a q2c q3d')
    })
  })

  describe('figures of the queue', () => {
    rule('are of all of it', async (store) => {
      const nothing = { messages: 0, pending: 0, held: 0, failed: 0, claimed: 0, oldest: null }
      expect(await store.queueStats()).toEqual(nothing)
      await three(store)
      await claim(store, 'x.test', { messages: 1 })
      await store.recordAttempt(attempt('q1', failed('a@x.test'), deferred('b@x.test')))
      await claim(store, 'y.test')
      await store.control('hold', { id: 'q2', domain: 'x.test' })
      const some = { messages: 3, pending: 3, held: 1, failed: 1, claimed: 2, oldest: START }
      expect(await store.queueStats()).toEqual(some)
    })

    rule('are by destination, in pages, with those that are paused', async (store) => {
      await three(store)
      await store.control('hold', { id: 'q2', domain: 'x.test' })
      for (const destination of ['w.test', 'y.test', '[192.0.2.1]']) await store.pauseDestination(destination)
      const nothing = { pending: 0, held: 0, oldest: null, nextRetry: null, paused: true }
      const all = [
        { destination: '[192.0.2.1]', ...nothing },
        { destination: 'w.test', ...nothing },
        { destination: 'x.test', pending: 2, held: 1, oldest: START, nextRetry: START, paused: false },
        {
          ...{ destination: 'y.test', pending: 2, held: 0 },
          oldest: START + 60,
          nextRetry: START + 60,
          paused: true,
        },
      ]
      expect(await store.destinationStats('', 9)).toEqual(all)
      expect(await store.destinationStats('', 2)).toEqual(all.slice(0, 2))
      expect(await store.destinationStats('w.test', 1)).toEqual(all.slice(2, 3))
      expect(await store.destinationStats('y.test', 9)).toEqual([])
      await claim(store, 'x.test')
      expect((await store.destinationStats('w.test', 1))[0]).toMatchObject({ pending: 2, nextRetry: null })
    })
  })

  describe('a destination that is paused', () => {
    rule('has nothing due and gives nothing, until it is resumed', async (store) => {
      await three(store)
      await store.pauseDestination('x.test')
      await store.pauseDestination('x.test')
      expect(await store.listPaused()).toEqual(['x.test'])
      expect(await claim(store, 'x.test')).toEqual([])
      expect((await store.dueDestinations(START + 1e9, 9)).map(({ destination }) => destination)).toEqual(['y.test'])
      let heard = 0
      store.onQueued(() => heard++)
      await store.resumeDestination('x.test')
      expect(heard).toBe(1)
      store.onQueued(null)
      expect(await store.listPaused()).toEqual([])
      expect((await claim(store, 'x.test')).length).toBe(2)
      expect(await refusal(store.resumeDestination('x.test'))).toBe('no-such-destination')
    })

    rule(
      'is one of so many',
      async (store) => {
        await store.pauseDestination('x.test')
        await store.pauseDestination('y.test')
        await store.pauseDestination('y.test')
        expect(await refusal(store.pauseDestination('z.test'))).toBe('too-many-pauses')
        expect(await store.listPaused()).toEqual(['x.test', 'y.test'])
      },
      { pauses: 2 },
    )
  })

  describe('hold rules', () => {
    rule('hold new mail that fits, and what they hold stays held', async (store) => {
      await newInbox(store)
      const made = await store.addHoldRule({ name: 'b', sender: 'eve@far.test', recipient: '*@*.x.test' })
      expect(made).toEqual({ name: 'b', sender: 'eve@far.test', recipient: '*@*.x.test', createdAt: START })
      const other = await store.addHoldRule({ name: 'a', sender: '*@near.test', recipient: null })
      expect(await store.listHoldRules()).toEqual([other, made])
      await send(store, 'q1', ['a@x.test', 'b@sub.x.test'])
      await send(store, 'q2', ['a@y.test'], { from: 'Bob@NEAR.test' })
      expect(await listed(store, { status: 'held' })).toBe('q1b q2a')
      expect(await refusal(store.addHoldRule({ name: 'a', sender: null, recipient: '*@z.test' }))).toBe(
        'hold-rule-exists',
      )
      await store.removeHoldRule('a')
      expect(await refusal(store.removeHoldRule('a'))).toBe('no-such-hold-rule')
      await send(store, 'q3', ['a@y.test'], { from: 'bob@near.test' })
      expect(await listed(store, { status: 'held' })).toBe('q1b q2a')
    })

    rule(
      'are not many',
      async (store) => {
        await store.addHoldRule({ name: 'a', sender: '*@a.test', recipient: null })
        const more = store.addHoldRule({ name: 'b', sender: '*@a.test', recipient: null })
        expect(await refusal(more)).toBe('too-many-hold-rules')
      },
      { holdRules: 1 },
    )
  })

  describe('the history', () => {
    async function history(store: Store): Promise<void> {
      await three(store)
      await claim(store, 'x.test')
      await store.recordAttempt({ ...attempt('q1', delivered('a@x.test'), failed('b@x.test')), transcript: 'S: q1' })
      await store.recordAttempt({ ...attempt('q2', deferred('a@x.test')), transcript: null })
      await store.control('drop', { id: 'q3' })
    }

    rule('is latest first, in pages, of those that fit', async (store) => {
      await history(store)
      expect(await finished(store)).toEqual(['q3d dropped', 'q1b failed', 'q1a delivered'])
      const [first] = await store.listFinished({}, null, 1)
      expect(first).toMatchObject({ id: 'q3', from: '', destination: 'y.test', size: octets('q3').length })
      expect(shown(await store.listFinished({}, first?.serial ?? null, 1))).toBe('q1b')
      const fits = async (filter: Parameters<Store['listFinished']>[0]): Promise<string> =>
        shown(await store.listFinished(filter, null, 9))
      expect(await fits({ id: 'q1' })).toBe('q1b q1a')
      expect(await fits({ id: 'q1', outcome: 'delivered' })).toBe('q1a')
      expect(await fits({ sender: 'BOB' })).toBe('q1b q1a')
      expect(await fits({ sender: '' })).toBe('q3d')
      expect(await fits({ recipient: 'D@' })).toBe('q3d')
      expect(await fits({ domain: 'x.test' })).toBe('q1b q1a')
      expect(await fits({ error: '5.1.1' })).toBe('q1b')
      expect(await fits({ error: '5.1.1', domain: 'y.test' })).toBe('')
    })

    rule(
      'is gone through whole, however little is looked at in one go',
      async (store) => {
        await newInbox(store)
        await send(
          store,
          'q1',
          Array.from({ length: 20 }, (_, i) => `${i}@${i === 3 ? 'y' : 'x'}.test`),
        )
        await store.control('drop', {})
        expect(shown(await store.listFinished({ domain: 'y.test' }, null, 9))).toBe('q13')
        expect((await store.listFinished({ domain: 'x.test' }, null, 99)).length).toBe(19)
      },
      { queueScan: 3, queueSlice: 2 },
    )

    rule('has the transcript of the last attempt, of who waits and who is done', async (store) => {
      await history(store)
      expect(await store.transcript({ id: 'q1', recipient: 'a@x.test' })).toBe('S: q1')
      expect(await store.transcript({ id: 'q1', recipient: 'b@x.test' })).toBe('S: q1')
      expect(await store.transcript({ id: 'q2', recipient: 'a@x.test' })).toBe(null)
      expect(await store.transcript({ id: 'q2', recipient: 'c@y.test' })).toBe(null)
      expect(await store.transcript({ id: 'q9', recipient: 'a@x.test' })).toBe(null)
    })

    rule(
      'is forgotten after some time, a few at a time',
      async (store, clock) => {
        await history(store)
        await until(clock, START + 50_000)
        await store.control('drop', { id: 'q2', domain: 'y.test' })
        const [last] = await store.listFinished({}, null, 1)
        expect(await store.forgetFinished(START)).toBe(0)
        let gone = 0
        for (let some = -1; some !== 0; gone += some) some = await store.forgetFinished(last?.finishedAt ?? 0)
        expect(gone).toBe(3)
        expect(await finished(store)).toEqual(['q2c dropped'])
        expect(await store.transcript({ id: 'q1', recipient: 'a@x.test' })).toBe(null)
        expect(await store.forgetFinished((last?.finishedAt ?? 0) + 1)).toBe(1)
      },
      { recipientsPerControl: 2 },
    )

    rule('leaves nothing of an attempt where it is forgotten before the report on it is made', async (store) => {
      await send(store, 'q1', ['a@x.test'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', failed('a@x.test')))
      const [last] = await store.listFinished({}, null, 1)
      expect(await store.forgetFinished((last?.finishedAt ?? 0) + 1)).toBe(1)
      const position = { id: 'q1', recipient: 'a@x.test' }
      expect(await store.transcript(position)).toBe('S: 220')
      await store.dropReports({ message: 'q1', recipients: [{ recipient: 'a@x.test', kind: 'failed' }] })
      expect(await store.transcript(position)).toBe(null)
    })
  })

  describe('addresses to which nothing is sent', () => {
    rule('are found in any case, listed in pages, and can be taken out again', async (store, clock) => {
      const first = await store.suppress('Bob@X.test', '550 5.1.1 No such user')
      expect(first).toEqual({ address: 'bob@x.test', reason: '550 5.1.1 No such user', since: START })
      await clock.advance(1_000)
      await store.suppress('ann@x.test', 'asked for it')
      const again = await store.suppress('BOB@x.test', 'asked for it')
      expect(again).toEqual({ address: 'bob@x.test', reason: 'asked for it', since: START })
      expect((await store.listSuppressed('', 9)).map(({ address }) => address)).toEqual(['ann@x.test', 'bob@x.test'])
      expect(await store.listSuppressed('ann@x.test', 9)).toEqual([again])
      expect((await store.listSuppressed('', 1)).length).toBe(1)
      const found = await store.findSuppressed(['BOB@X.TEST', 'eve@x.test', 'bob@x.test'])
      expect(found).toEqual([again])
      await store.unsuppress('Bob@x.test')
      expect(await store.findSuppressed(['bob@x.test'])).toEqual([])
      expect(await refusal(store.unsuppress('bob@x.test'))).toBe('no-such-address')
    })
  })
}
