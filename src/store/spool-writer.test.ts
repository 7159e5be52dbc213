/** The spool: what comes out is what went in, in memory or in a file, and the budget is given back. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { storeLimits } from '../core/limits.js'
import { MessageIndexer } from '../message/structure.js'
import type { SealedBlob } from './spool.js'
import { SpoolBudget, SpoolWriter } from './spool-writer.js'
import { StorageWatch } from './storage-watch.js'

const INLINE = 200_000
const watch = new StorageWatch({ clock: new FakeClock(), limits: storeLimits, log: undefined })
const HEADER = 'Subject: x\r\n\r\n'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-spool-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const newSpool = (budget: SpoolBudget): SpoolWriter =>
  new SpoolWriter({ folder, budget, inlineOctets: INLINE, random: systemRandom, watch })

const contentOf = ({ content }: SealedBlob): Buffer =>
  content.kind === 'memory' ? Buffer.from(content.bytes) : readFileSync(content.path)

async function writeAll(spool: SpoolWriter, chunks: readonly Buffer[]): Promise<SealedBlob> {
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk)
    await spool.write(reused)
    reused.fill(0xff) // the caller may reuse it
  }
  return spool.seal()
}

const message = fc
  .oneof(fc.nat(300), fc.integer({ min: INLINE - 100, max: INLINE + 100 }), fc.constant(3 * INLINE))
  .map((size) => Buffer.concat([Buffer.from(HEADER), Buffer.alloc(size, 'ab\r\n\xe4', 'latin1')]))

test('any cut gives the same octets, hash and index, in memory or in a file', async () => {
  const cases = message.chain((m) => fc.tuple(fc.constant(m), cut(m), fc.constantFrom(0, 20_000, 10 * INLINE)))
  await fc.assert(
    fc.asyncProperty(cases, async ([octets, chunks, room]) => {
      const budget = new SpoolBudget(room)
      const sealed = await writeAll(newSpool(budget), chunks)
      const indexer = new MessageIndexer()
      indexer.push(octets)
      expect(contentOf(sealed).equals(octets)).toBe(true)
      expect(sealed.size).toBe(octets.length)
      expect(sealed.sha256).toBe(createHash('sha256').update(octets).digest('hex'))
      expect(sealed.index).toEqual(indexer.end())
      if (octets.length >= INLINE) expect(sealed.content.kind).toBe('file')
      await sealed.discard()
      await sealed.discard()
      expect(budget.left).toBe(room)
      expect(readdirSync(folder)).toEqual([])
    }),
    { numRuns: 150 },
  )
})

test('what is behind the mark has a hash of its own, in memory and in a file', async () => {
  for (const room of [0, 10 * INLINE]) {
    const spool = newSpool(new SpoolBudget(room))
    await spool.write(Buffer.from('Received: x\r\n'))
    spool.mark()
    const { markedSha256, discard } = await writeAll(spool, [Buffer.from(HEADER), Buffer.from('a')])
    expect(markedSha256).toBe(createHash('sha256').update(`${HEADER}a`).digest('hex'))
    await discard()
  }
  const unmarked = await writeAll(newSpool(new SpoolBudget(INLINE)), [Buffer.from(HEADER)])
  expect(unmarked.markedSha256).toBeNull()
})

test('small mail needs no waiting and no file, and its memory is its own', async () => {
  const spool = newSpool(new SpoolBudget(INLINE))
  expect(spool.write(Buffer.from(HEADER))).toBeUndefined()
  const { content } = await spool.seal()
  if (content.kind !== 'memory') throw new Error('it is in a file')
  expect(content.bytes.buffer.byteLength).toBe(HEADER.length)
})

test.each([
  [INLINE - 1, 'memory'],
  [INLINE, 'file'],
  [INLINE + 1, 'file'],
])('a message of %i octets ends up in: %s, though its memory had grown to the bound before', async (size, kind) => {
  const spool = newSpool(new SpoolBudget(10 * INLINE))
  await spool.write(Buffer.alloc(INLINE - 10, 'x'))
  await spool.write(Buffer.alloc(size - (INLINE - 10), 'x'))
  const sealed = await spool.seal()
  expect(sealed.content.kind).toBe(kind)
  await sealed.discard()
})

test('the budget counts what is held, and is shared', async () => {
  const budget = new SpoolBudget(30_000)
  const [a, b] = [newSpool(budget), newSpool(budget)]
  await a.write(Buffer.alloc(16_384, 'a'))
  expect(budget.left).toBe(30_000 - 16_384)
  await b.write(Buffer.alloc(16_384, 'b'))
  expect(readdirSync(folder).length).toBe(1)
  const sealed = await a.seal()
  expect(sealed.content.kind).toBe('memory')
  await b.discard()
  await sealed.discard()
  expect(budget.left).toBe(30_000)
})

test('a file makes the writer wait now and then, not for each chunk', async () => {
  const spool = newSpool(new SpoolBudget(0))
  let waits = 0
  for (let i = 0; i < 100; i++) {
    const waiting = spool.write(Buffer.alloc(4096, 'x'))
    if (waiting !== undefined) waits++
    await waiting
  }
  expect(waits).toBeLessThan(10)
  expect((await spool.seal()).size).toBe(409_600)
})

test('nothing may be written twice at once, after seal, or after discard', async () => {
  const spool = newSpool(new SpoolBudget(0))
  const waiting = spool.write(Buffer.alloc(100_000))
  expect(() => spool.write(Buffer.from('x'))).toThrow('takes no octets')
  await waiting
  const sealed = await spool.seal()
  expect(() => spool.write(Buffer.from('x'))).toThrow('takes no octets')
  await expect(spool.seal()).rejects.toThrow('cannot be sealed')
  await sealed.discard()
  expect(() => spool.write(Buffer.from('x'))).toThrow('takes no octets')
})

test.each([1, 100_000, 500_000])('a discard while %i octets are being written leaves nothing behind', async (size) => {
  const budget = new SpoolBudget(0)
  const spool = newSpool(budget)
  const waiting = Promise.resolve(spool.write(Buffer.alloc(size))).catch(() => {})
  await Promise.all([spool.discard(), spool.discard(), waiting])
  await waiting
  expect(readdirSync(folder)).toEqual([])
  expect(budget.left).toBe(0)
})
