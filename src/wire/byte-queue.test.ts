import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, everyOctet, hostileOctets } from '../../test/arbitraries.js'
import { ByteQueue, type TakenLine } from './byte-queue.js'

const queueOf = (...chunks: (string | Buffer)[]): ByteQueue => {
  const queue = new ByteQueue()
  for (const chunk of chunks) queue.push(Buffer.from(chunk))
  return queue
}
const text = (taken: TakenLine): string | null => (Buffer.isBuffer(taken) ? taken.toString('latin1') : taken)

/** All lines of `chunks`, taken as soon as they are there, and what is left over. */
function linesOf(chunks: readonly Buffer[], limit: number): { lines: (string | null)[]; rest: string } {
  const queue = new ByteQueue()
  const lines: (string | null)[] = []
  for (const chunk of chunks) {
    queue.push(chunk)
    for (let line = queue.takeLine(limit); line !== null; line = queue.takeLine(limit)) {
      lines.push(text(line))
      if (line === 'too-long') return { lines, rest: '' }
    }
  }
  return { lines, rest: queue.take(queue.length)?.toString('latin1') ?? '' }
}

describe('lines', () => {
  test.each([
    ['a\r\n', ['a'], ''],
    ['\r\n', [''], ''],
    ['a\r\nb\r\nc', ['a', 'b'], 'c'],
    ['a\nb\r\n', ['a\nb'], ''],
    ['a\rb\r\n', ['a\rb'], ''],
    ['a\r\r\n', ['a\r'], ''],
    ['\n\r\n', ['\n'], ''],
    ['\n\n\r', [], '\n\n\r'],
    ['', [], ''],
  ])('%j is %j and %j', (input, lines, rest) => {
    expect(linesOf([Buffer.from(input)], 100)).toEqual({ lines, rest })
    expect(linesOf(everyOctet(Buffer.from(input)), 100)).toEqual({ lines, rest })
  })

  test('only CRLF ends a line, however the stream is cut', () => {
    fc.assert(
      fc.property(
        hostileOctets('\r\na').chain((octets) => fc.tuple(fc.constant(octets), cut(octets))),
        ([octets, chunks]) => {
          const all = octets.toString('latin1').split('\r\n')
          expect(linesOf(chunks, 1000)).toEqual({ lines: all.slice(0, -1), rest: all.at(-1) })
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a limit holds to the octet, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 6 }).chain((lengths) => {
          const octets = Buffer.from(lengths.map((n) => `${'x'.repeat(n)}\r\n`).join(''))
          return fc.tuple(fc.constant(lengths), cut(octets))
        }),
        ([lengths, chunks]) => {
          const over = lengths.findIndex((n) => n > 10)
          const fitting = lengths.slice(0, over === -1 ? undefined : over).map((n) => 'x'.repeat(n))
          expect(linesOf(chunks, 10).lines).toEqual(over === -1 ? fitting : [...fitting, 'too-long'])
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a line is too long before its end has come', () => {
    expect(queueOf('x'.repeat(11)).takeLine(10)).toBe(null)
    expect(queueOf(`${'x'.repeat(10)}\r`).takeLine(10)).toBe(null)
    expect(queueOf('x'.repeat(12)).takeLine(10)).toBe('too-long')
  })

  test('lines that were taken keep their octets while the queue goes on', () => {
    const queue = queueOf('one\r\ntw')
    const one = queue.takeLine(10)
    queue.push(Buffer.from('o\r\nthr'))
    const two = queue.takeLine(10)
    for (const c of 'ee\r\nfour\r\n'.repeat(2000)) queue.push(Buffer.from(c))
    expect([text(one), text(two), text(queue.takeLine(10))]).toEqual(['one', 'two', 'three'])
    expect([text(one), text(two)]).toEqual(['one', 'two'])
  })
})

describe('an over-long line is thrown away', () => {
  test.each([1, 2, 3, 7, 100])('in pieces of %i octets', (size) => {
    const input = Buffer.from(`${'x\r'.repeat(20)}\r\nnext\r\n`)
    const queue = new ByteQueue()
    let dropped = 0
    let ended = false
    for (let at = 0; at < input.length; at += size) {
      queue.push(input.subarray(at, at + size))
      if (ended) continue
      const step = queue.dropLine()
      dropped += step.dropped
      ended = step.ended
    }
    expect([dropped, ended, text(queue.takeLine(10))]).toEqual([42, true, 'next'])
  })
})

describe('octets', () => {
  test('take gives at most what is asked, and untake puts it back in front', () => {
    const queue = queueOf('abc', 'def')
    const part = queue.take(4) as Buffer
    expect(part.toString()).toBe('abcd')
    queue.untake(part.subarray(1))
    queue.untake(Buffer.alloc(0))
    expect(queue.length).toBe(5)
    expect(queue.take(Number.POSITIVE_INFINITY)?.toString()).toBe('bcdef')
    expect(queue.take(1)).toBe(null)
  })

  test('a CRLF whose halves meet through untake ends a line', () => {
    const queue = queueOf('\nrest')
    expect(queue.takeLine(10)).toBe(null)
    queue.untake(Buffer.from('line\r'))
    expect(text(queue.takeLine(10))).toBe('line')
  })

  test('a CR that was taken does not make the LF behind it a line end', () => {
    const queue = queueOf('a\r\nb')
    queue.take(2)
    expect(queue.takeLine(10)).toBe(null)
    expect(queue.take(9)?.toString()).toBe('\nb')
  })

  test('any sequence of operations acts like a string', () => {
    const step = fc.oneof(
      fc.record({ push: fc.constantFrom('a', '\r', '\n', '\r\n', 'bc\r\nd', 'x'.repeat(30)) }),
      fc.record({ take: fc.integer({ min: 1, max: 8 }), back: fc.integer({ min: 0, max: 8 }) }),
      fc.constant({ line: true }),
      fc.constant({ drop: true }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue()
        let model = ''
        for (const s of steps) {
          if ('push' in s) {
            queue.push(Buffer.from(s.push))
            model += s.push
          } else if ('take' in s) {
            const part = queue.take(s.take)
            expect(part?.toString() ?? '').toBe(model.slice(0, s.take))
            const used = Math.min(part?.length ?? 0, s.take - Math.min(s.take, s.back))
            queue.untake(part?.subarray(used) ?? Buffer.alloc(0))
            model = model.slice(used)
          } else if ('line' in s) {
            const at = model.indexOf('\r\n')
            expect(text(queue.takeLine(10_000))).toBe(at === -1 ? null : model.slice(0, at))
            if (at !== -1) model = model.slice(at + 2)
          } else {
            const at = model.indexOf('\r\n')
            const dropped = at === -1 ? model.length - (model.endsWith('\r') ? 1 : 0) : at + 2
            expect(queue.dropLine()).toEqual({ dropped, ended: at !== -1 })
            model = model.slice(dropped)
          }
          expect(queue.length).toBe(model.length)
        }
      }),
      { numRuns: 1500 },
    )
  })
})

test('a drip is searched and copied once, not again with each octet', () => {
  let searched = 0
  let copied = 0
  const indexOf = Buffer.prototype.indexOf
  const copy = Buffer.prototype.copy
  Buffer.prototype.indexOf = function (this: Buffer, value: never, from?: number): number {
    const at: number = indexOf.call(this, value, from)
    searched += (at === -1 ? this.length : at + 1) - (from ?? 0)
    return at
  } as typeof indexOf
  Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof copy>): number {
    const n = copy.apply(this, args)
    copied += n
    return n
  }
  try {
    const queue = new ByteQueue()
    const octets = 50_000
    for (let i = 0; i < octets; i++) {
      queue.push(Buffer.from('x'))
      queue.takeLine(octets * 2)
    }
    expect(queue.length).toBe(octets)
    expect(searched).toBeLessThan(3 * octets)
    expect(copied).toBeLessThan(4 * octets)
  } finally {
    Buffer.prototype.indexOf = indexOf
    Buffer.prototype.copy = copy
  }
})
