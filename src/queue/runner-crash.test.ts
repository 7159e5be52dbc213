/** Whatever servers say and whenever the runner dies: each recipient ends exactly once, and nothing is left. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HOUR, type Judgement, QueueWorld, refused } from '../../test/queue-world.js'
import type { QueueRunner } from './runner.js'

const judgement = fc.constantFrom<Judgement>('accept', 'accept', 'later', 'refuse', 'drop')

/** What happens one after the other, from the point of view of the whole. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      to: fc.array(fc.nat(19), { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3 * HOUR }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), turns: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
)
const script = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  judgements: fc.array(judgement, { minLength: 1, maxLength: 30 }),
  greetings: fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
  concurrency: fc.integer({ min: 1, max: 6 }),
  takes: fc.constantFrom(undefined, 7_000),
})

/** A runner whose process dies: nothing of what it does reaches the store any more. */
class Mortal {
  readonly runner: QueueRunner
  #isDead = false

  constructor(world: QueueWorld) {
    const dead = <T>(): Promise<T> => new Promise(() => {})
    const { store } = world
    const alive =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> =>
        this.#isDead ? dead<R>() : call(...args)
    this.runner = world.runner({
      store: {
        dueDestinations: alive((...args) => store.dueDestinations(...args)),
        nextDue: alive((...args) => store.nextDue(...args)),
        claimDue: alive((...args) => store.claimDue(...args)),
        recordAttempt: alive((...args) => store.recordAttempt(...args)),
        releaseClaims: alive((...args) => store.releaseClaims(...args)),
        findSuppressed: alive((...args) => store.findSuppressed(...args)),
        queueStats: alive((...args) => store.queueStats(...args)),
        onQueued: (listener) => store.onQueued(listener),
      },
      dialer: { open: (...args) => (this.#isDead ? dead() : world.dialer.open(...args)) },
    })
  }

  kill(): void {
    this.#isDead = true
    void this.runner.stop()
  }
}

test('each recipient is delivered or failed once', async () => {
  await fc.assert(
    fc.asyncProperty(script, async ({ steps, judgements, greetings, concurrency, takes }) => {
      const world = new QueueWorld()
      world.settings = { ...world.settings, concurrency, destinationConcurrency: 3, messagesPerConnection: 2 }
      let asked = 0
      const judges = (): Judgement => judgements[asked++ % judgements.length] ?? 'accept'
      let greeted = 0
      const greets = () => (greetings[greeted++ % greetings.length] ? null : refused())
      for (let i = 0; i < 20; i++)
        world.servers.set(`mx.d${i % 7}.test`, { judges, greets, ...(takes !== undefined && { takes }) })
      let mortal = new Mortal(world)
      mortal.runner.start()
      const sent: string[] = []
      for (const one of steps) {
        if (one.do === 'send') {
          const id = `m${String(sent.length)}`
          const recipients = [...new Set(one.to)].map((n) => `r${n}@d${n % 7}.test`)
          await world.send(id, recipients)
          sent.push(...recipients.map((recipient) => `${id} ${recipient}`))
        } else if (one.do === 'wait') await world.clock.advance(one.ms)
        else {
          if (one.do === 'crash') await world.settle(one.turns)
          if (one.do === 'crash') mortal.kill()
          else await Promise.all([mortal.runner.stop(), world.clock.advance(60_000)])
          mortal = new Mortal(world)
          mortal.runner.start()
        }
      }
      await world.settle()
      await world.advance(100 * HOUR)
      const ended = world.store.ended
      expect(ended.map(({ id, recipient }) => `${id} ${recipient}`).sort()).toEqual(sent.sort())
      expect(world.store.rows.filter(({ status }) => status !== 'failed')).toEqual([])
      // Accepted twice only where it was in somebody's hands when the runner died, and that is told.
      const interrupted = world.said('Delivery interrupted').map((line) => `${line['message_id']} ${line['recipient']}`)
      const taken = world.taken.map(({ id, recipient }) => `${id} ${recipient}`)
      const twice = taken.filter((one, i) => taken.indexOf(one) !== i)
      for (const one of twice) expect(interrupted).toContain(one)
      for (const { id, recipient, outcome } of ended)
        if (outcome === 'delivered') expect(taken).toContain(`${id} ${recipient}`)
      await mortal.runner.stop()
    }),
    { numRuns: 30 },
  )
})
