/** Batches: in order, nothing lost, within the limits. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_KEYS } from '../../message/message-keys.js'
import { GroupCommit, type Numbered } from './group-commit.js'

const ofSize = (id: number, size: number): Numbered => ({
  id,
  op: {
    kind: 'accept',
    id: '',
    from: '',
    envelope: null,
    deliveries: [],
    received: null,
    partial: false,
    diagnostic: null,
    expanded: [],
    settles: null,
    mayReport: false,
    at: 0,
    blob: {
      sha256: '',
      size,
      content: { kind: 'memory', bytes: new Uint8Array(0) },
      envelope: '',
      body: '',
      bodyStructure: '',
      messageId: null,
      receivedFields: 0,
      parts: '',
      keys: NO_KEYS,
    },
  },
})

const sizeOf = ({ op }: Numbered): number => (op.kind === 'accept' ? op.blob.size : 0)

test('every operation is in one batch, in order; each batch keeps the limits or is a single operation', () => {
  const arrivals = fc.array(fc.array(fc.nat(120), { maxLength: 8 }), { maxLength: 10 })
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 5 }), (groups, batchOperations) => {
      const commit = new GroupCommit({ batchOperations, batchOctets: 100 })
      const taken: number[] = []
      let id = 0
      const take = (): void => {
        const batch = commit.take()
        expect(batch.length).toBeLessThanOrEqual(batchOperations)
        if (batch.length > 1) expect(batch.reduce((n, b) => n + sizeOf(b), 0)).toBeLessThanOrEqual(100)
        taken.push(...batch.map((b) => b.id))
        expect(commit.size).toBe(id - taken.length)
      }
      for (const group of groups) {
        commit.push(group.map((size) => ofSize(id++, size)))
        if (commit.size > 0) take()
      }
      while (commit.size > 0) take()
      expect(taken).toEqual(Array.from({ length: id }, (_, i) => i))
    }),
  )
})

test('operations without content share a batch with any', () => {
  const commit = new GroupCommit({ batchOperations: 10, batchOctets: 100 })
  commit.push([ofSize(1, 100), { id: 2, op: { kind: 'barrier' } }, ofSize(3, 1)])
  expect(commit.take().map((b) => b.id)).toEqual([1, 2])
  expect(commit.full).toBe(false)
})
