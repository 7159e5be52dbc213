import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { wireLimits } from '../core/limits.js'
import { Disconnected, Writer } from './writer.js'

/** Takes everything at once and remembers it, write by write. */
function recorder(): { sink: Writable; written: Buffer[]; all: () => string } {
  const written: Buffer[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(Buffer.from(chunk))
      done()
    },
  })
  return { sink, written, all: () => Buffer.concat(written).toString('latin1') }
}

/** Takes nothing until told to. */
function blocked(highWaterMark = 1024): { sink: Writable; takeAll: () => Promise<void> } {
  let release: (() => void) | null = null
  const sink = new Writable({
    highWaterMark,
    write(_chunk, _encoding, done) {
      release = done
    },
  })
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    sink,
    async takeAll() {
      for (;;) {
        const now = release
        release = null
        if (now === null) return
        now()
        await settled()
      }
    },
  }
}

const pieces = async function* (...parts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part)
}

describe('what is collected', () => {
  test('goes out in one write at a flush', () => {
    const { sink, written } = recorder()
    const out = new Writer(sink, 1000)
    out.text('* 1 EXISTS\r\n')
    out.bytes(Buffer.from('ab'))
    out.octets('\xff\r\n')
    expect(written).toEqual([])
    out.flush()
    out.flush()
    expect(written).toEqual([Buffer.from('* 1 EXISTS\r\nab\xff\r\n', 'latin1')])
  })

  test('goes out by itself at the mark', () => {
    const { sink, written } = recorder()
    const out = new Writer(sink, 10)
    out.text('123456789')
    expect(written.length).toBe(0)
    out.text('0')
    expect(written.length).toBe(1)
  })

  test('is UTF-8 where it is text', () => {
    const { sink, all } = recorder()
    const out = new Writer(sink, 1000)
    out.text('Grüße')
    out.flush()
    expect(Buffer.from(all(), 'latin1').toString('utf8')).toBe('Grüße')
  })

  test('keeps its order, whatever the sizes', () => {
    const step = fc.oneof(
      fc.record({ text: fc.string({ maxLength: 20 }) }),
      fc.record({ bytes: fc.integer({ min: 0, max: 20_000 }), fill: fc.integer({ min: 0, max: 255 }) }),
      fc.constant({ flush: true }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { sink, all } = recorder()
        const out = new Writer(sink, 100)
        const expected: Buffer[] = []
        for (const s of steps) {
          if ('text' in s) {
            out.text(s.text)
            expected.push(Buffer.from(s.text))
          } else if ('bytes' in s) {
            const octets = Buffer.alloc(s.bytes, s.fill)
            out.bytes(octets)
            expected.push(octets)
          } else out.flush()
        }
        out.flush()
        expect(all()).toBe(Buffer.concat(expected).toString('latin1'))
      }),
      { numRuns: 200 },
    )
  })
})

describe('back-pressure', () => {
  test('bounds what waits for a sink that takes nothing', async () => {
    const { sink, takeAll } = blocked(1000)
    const out = new Writer(sink, 100)
    let most = 0
    let sent = 0
    const send = async (): Promise<void> => {
      for (; sent < 2000; sent++) {
        out.text('x'.repeat(50))
        most = Math.max(most, sink.writableLength)
        await out.room()
      }
    }
    const sending = send()
    await new Promise((resolve) => setImmediate(resolve))
    expect(sent).toBeLessThan(30)
    await takeAll()
    await sending
    expect(most).toBeLessThan(1200)
    expect(sink.listenerCount('drain') + sink.listenerCount('close')).toBe(0)
  })

  test('room ends with the connection', async () => {
    const { sink } = blocked(10)
    const out = new Writer(sink, 1)
    out.text('more than ten octets')
    expect(out.full).toBe(true)
    const room = out.room()
    sink.destroy()
    await expect(room).rejects.toThrow(Disconnected)
    await expect(out.room()).rejects.toThrow(Disconnected)
  })

  test('a sink that takes nothing for too long is destroyed', async () => {
    const clock = new FakeClock()
    const { sink } = blocked(10)
    const out = new Writer(sink, 1, clock)
    out.text('more than ten octets')
    const room = out.room()
    room.catch(() => {})
    await clock.advance(wireLimits.writeTimeout - 1)
    expect(sink.destroyed).toBe(false)
    await clock.advance(1)
    expect(sink.destroyed).toBe(true)
    await expect(room).rejects.toThrow(Disconnected)
    expect(clock.pending).toBe(0)
  })

  test('the timer is gone when there is room again', async () => {
    const clock = new FakeClock()
    const { sink, takeAll } = blocked(10)
    const out = new Writer(sink, 1, clock)
    out.text('more than ten octets')
    const room = out.room()
    await takeAll()
    await room
    expect(clock.pending).toBe(0)
  })
})

describe('a literal', () => {
  test('has its size in front', async () => {
    const { sink, all } = recorder()
    const out = new Writer(sink, 1000)
    out.text('* 1 FETCH (BODY[] ')
    await out.literal(5, pieces('he', '', 'llo'))
    out.text(')\r\n')
    await out.literal(0, pieces())
    out.flush()
    expect(all()).toBe('* 1 FETCH (BODY[] {5}\r\nhello)\r\n{0}\r\n')
  })

  test.each([
    ['too short', 5, ['hell'], /1 short/],
    ['empty', 1, [], /1 short/],
    ['too long', 5, ['hello', '!'], /too long/],
  ])('%s ends the connection', async (_how, size, parts, message) => {
    const sink = new PassThrough()
    const out = new Writer(sink, 1000)
    await expect(out.literal(size, pieces(...parts))).rejects.toThrow(message)
    expect(sink.destroyed).toBe(true)
  })

  test('whose source fails ends the connection', async () => {
    const sink = new PassThrough()
    const source = (async function* () {
      yield Buffer.from('he')
      throw new Error('the disk is gone')
    })()
    await expect(new Writer(sink, 1000).literal(5, source)).rejects.toThrow('the disk is gone')
    expect(sink.destroyed).toBe(true)
  })

  test('is pulled only as fast as it is taken', async () => {
    const { sink, takeAll } = blocked(10_000)
    let pulled = 0
    const source = (async function* () {
      for (; pulled < 100; pulled++) yield Buffer.alloc(10_000)
    })()
    const done = new Writer(sink, 100).literal(1_000_000, source)
    await new Promise((resolve) => setImmediate(resolve))
    expect(pulled).toBeLessThan(4)
    await takeAll()
    await done
    expect(pulled).toBe(100)
  })
})

test('after the end nothing more is written, and nobody fails', () => {
  const { sink, all } = recorder()
  const failures: Error[] = []
  sink.on('error', (error) => failures.push(error))
  const out = new Writer(sink, 10)
  out.text('bye\r\n')
  out.flush()
  sink.end()
  out.text('one more line\r\n')
  out.bytes(Buffer.alloc(9000))
  expect(all()).toBe('bye\r\n')
  expect(failures).toEqual([])
})

test('a redirect sends what was collected the old way', () => {
  const [before, after] = [recorder(), recorder()]
  const out = new Writer(before.sink, 1000)
  out.text('220 go ahead\r\n')
  out.redirect(after.sink)
  out.text('250 secure\r\n')
  out.flush()
  expect([before.all(), after.all()]).toEqual(['220 go ahead\r\n', '250 secure\r\n'])
})
