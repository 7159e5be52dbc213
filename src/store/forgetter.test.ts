/** The Forgetter: one look at each mailbox, then one after a tenth of what is kept. */
import { expect, test } from 'vitest'
import type { MailboxId } from '../core/ids.js'
import { StoreError } from './errors.js'
import { Forgetter } from './forgetter.js'

const A = 1 as MailboxId
const B = 2 as MailboxId

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}

function world(forget: (mailbox: MailboxId) => number = () => 0) {
  const looks: MailboxId[] = []
  const faults: unknown[] = []
  const forgetter = new Forgetter({
    forget: async (mailbox) => {
      looks.push(mailbox)
      return forget(mailbox)
    },
    limits: { expungedPerMailbox: 100 },
    onFault: (error) => faults.push(error),
  })
  return { forgetter, looks, faults }
}

test('the first that goes after a start has its mailbox looked at, and then one after many', async () => {
  const { forgetter, looks } = world()
  forgetter.expunged(A, 1)
  forgetter.expunged(B, 1)
  for (let i = 0; i < 10; i++) forgetter.expunged(A, 1)
  await turns()
  expect(looks).toEqual([A, B])
  forgetter.expunged(A, 1)
  await turns()
  expect(looks).toEqual([A, B, A])
  forgetter.expunged(A, 11)
  await turns()
  expect(looks).toEqual([A, B, A, A])
})

test('slices until there are no more', async () => {
  const left = [5, 5, 0]
  const { forgetter, looks } = world(() => left.shift() ?? 0)
  forgetter.expunged(A, 1)
  await turns()
  expect(looks).toEqual([A, A, A])
})

test('a refusal of the disk is left for later, a fault is told, and neither ends the work', async () => {
  const errors = [new StoreError('unavailable', 'full'), new Error('ours')]
  const { forgetter, looks, faults } = world(() => {
    const error = errors.shift()
    if (error !== undefined) throw error
    return 0
  })
  forgetter.expunged(A, 1)
  forgetter.expunged(B, 1)
  await turns()
  expect(faults.map(String)).toEqual(['Error: ours'])
  forgetter.expunged(A, 100)
  await turns()
  expect(looks).toEqual([A, B, A])
})
