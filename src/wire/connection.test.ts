import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { streamPair } from '../../test/stream-pair.js'
import { FakeClock } from '../core/clock.js'
import { wireLimits } from '../core/limits.js'
import { Connection, DeadlineExpired } from './connection.js'
import { Disconnected } from './writer.js'

const ends = { local: { address: '192.0.2.1', port: 25 }, remote: { address: '192.0.2.2', port: 40_000 } }
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

let clock: FakeClock
let client: Duplex
let connection: Connection

beforeEach(() => {
  clock = new FakeClock()
  const [near, far] = streamPair()
  client = far
  client.on('error', () => {})
  connection = new Connection(near, { clock, ...ends })
})

afterEach(async () => {
  connection.destroy()
  client.destroy()
  await connection.closed
  expect(clock.pending).toBe(0)
})

const read = async (): Promise<string | null> => (await connection.read())?.toString() ?? null

/** All that the client gets until the other side ends; its own side stays open. */
async function received(): Promise<string> {
  let all = ''
  client.on('data', (chunk) => {
    all += String(chunk)
  })
  await once(client, 'end')
  return all
}

describe('reading', () => {
  test('gives what has arrived, then waits, then gives the end', async () => {
    client.write('a')
    expect(await read()).toBe('a')
    expect(connection.waiting).toBe(false)
    const next = read()
    await settled()
    expect(connection.waiting).toBe(true)
    client.write('b')
    expect(await next).toBe('b')
    client.end('c')
    expect(await read()).toBe('c')
    expect(await read()).toBe(null)
    expect(await read()).toBe(null)
  })

  test('sends first what was written', async () => {
    connection.out.text('220 hello\r\n')
    const reading = read()
    expect(String((await once(client, 'data'))[0])).toBe('220 hello\r\n')
    client.end()
    expect(await reading).toBe(null)
  })

  test('one at a time', async () => {
    const first = read()
    await settled()
    await expect(connection.read()).rejects.toThrow('already waiting')
    client.write('x')
    expect(await first).toBe('x')
  })

  test('nothing is read while nobody asks: the client is pushed back', async () => {
    let accepted = 0
    while (client.write(Buffer.alloc(1000))) accepted++
    await settled()
    expect(accepted).toBeLessThan(100)
    expect(client.writableNeedDrain).toBe(true)
    const drained = once(client, 'drain')
    while (client.writableNeedDrain) await connection.read()
    await drained
  })

  test('fails when the other side is lost', async () => {
    const reading = connection.read()
    connection.destroy()
    await expect(reading).rejects.toThrow(Disconnected)
    await expect(connection.read()).rejects.toThrow(Disconnected)
  })
})

describe('a deadline', () => {
  test('that expires before the read', async () => {
    connection.deadline('command', 100)
    await clock.advance(100)
    await expect(connection.read()).rejects.toThrow(new DeadlineExpired('command'))
  })

  test('that expires during the read', async () => {
    connection.deadline('idle', 100)
    const reading = connection.read()
    reading.catch(() => {})
    await clock.advance(99)
    expect(connection.waiting).toBe(true)
    await clock.advance(1)
    await expect(reading).rejects.toMatchObject({ name: 'DeadlineExpired', phase: 'idle' })
  })

  test('that is cleared after the read', async () => {
    connection.deadline('idle', 100)
    client.write('x')
    expect(await read()).toBe('x')
    connection.clearDeadline()
    await clock.advance(1000)
    client.write('y')
    expect(await read()).toBe('y')
  })

  test('is not moved by octets that arrive', async () => {
    connection.deadline('command', 100)
    for (let i = 0; i < 3; i++) {
      client.write('x')
      expect(await read()).toBe('x')
      await clock.advance(30)
    }
    const reading = connection.read()
    reading.catch(() => {})
    await clock.advance(10)
    await expect(reading).rejects.toThrow(DeadlineExpired)
  })

  test('replaces the one before', async () => {
    connection.deadline('command', 100)
    connection.deadline('idle', 1000)
    await clock.advance(999)
    client.write('x')
    expect(await read()).toBe('x')
    await clock.advance(1)
    await expect(connection.read()).rejects.toMatchObject({ phase: 'idle' })
  })

  test('that has expired is forgiven by the next one', async () => {
    connection.deadline('command', 100)
    await clock.advance(100)
    connection.deadline('data', 100)
    client.write('x')
    expect(await read()).toBe('x')
  })

  test('a reply can still be sent after it', async () => {
    connection.deadline('idle', 100)
    await clock.advance(100)
    await expect(connection.read()).rejects.toThrow(DeadlineExpired)
    connection.out.text('421 4.4.2 Timeout\r\n')
    const end = connection.end()
    expect(await received()).toBe('421 4.4.2 Timeout\r\n')
    client.end()
    await end
  })
})

describe('an interrupt', () => {
  const reason = new Error('shutting down')

  test('reaches whoever waits, and whoever reads later', async () => {
    const reading = connection.read()
    connection.interrupt(reason)
    await expect(reading).rejects.toBe(reason)
    client.write('x')
    await expect(connection.read()).rejects.toBe(reason)
  })

  test('is not lost behind a deadline that is forgiven', async () => {
    connection.deadline('command', 100)
    await clock.advance(100)
    connection.interrupt(reason)
    connection.deadline('idle', 100)
    await expect(connection.read()).rejects.toBe(reason)
  })
})

describe('a client that takes nothing', () => {
  const fill = async (): Promise<void> => {
    while (!connection.out.full) {
      connection.out.text('x'.repeat(1000))
      connection.out.flush()
      await settled()
    }
  }

  test('is not read from', async () => {
    await fill()
    client.write('NOOP\r\n')
    const reading = connection.read()
    await settled()
    expect(connection.unread).toBe(true)
    client.resume()
    expect(String(await reading)).toBe('NOOP\r\n')
  })

  test.each(['room', 'read', 'literal'] as const)('is closed while a %s waits', async (what) => {
    await fill()
    const source = (async function* () {
      yield Buffer.from('x')
    })()
    const waiting = what === 'literal' ? connection.out.literal(1, source) : connection[what]()
    waiting.catch(() => {})
    await settled()
    await clock.advance(wireLimits.writeTimeout - 1)
    expect(client.readableEnded || client.destroyed).toBe(false)
    await clock.advance(1)
    await expect(waiting).rejects.toThrow(Disconnected)
    await connection.closed
  })

  test('is closed while we end', async () => {
    await fill()
    const end = connection.end()
    await clock.advance(wireLimits.writeTimeout)
    await end
  })
})

describe('the end', () => {
  test('sends what was written and waits for the client', async () => {
    connection.out.text('221 Bye\r\n')
    let over = false
    const end = connection.end().then(() => {
      over = true
    })
    expect(await received()).toBe('221 Bye\r\n')
    await settled()
    expect(over).toBe(false)
    client.end()
    await end
    await connection.closed
  })

  test('does not wait longer than it should', async () => {
    const end = connection.end()
    expect(await received()).toBe('')
    await clock.advance(wireLimits.linger)
    await end
  })

  test('does not mind what the client still sends', async () => {
    for (let i = 0; i < 5; i++) client.write(Buffer.alloc(10_000))
    const end = connection.end()
    expect(await received()).toBe('')
    client.end()
    await end
  })

  test('gives a slow client its octets: the linger counts from the last of them', async () => {
    connection.out.bytes(Buffer.alloc(200_000))
    const end = connection.end()
    await clock.advance(wireLimits.linger * 10)
    expect((await received()).length).toBe(200_000)
    await clock.advance(wireLimits.linger)
    await end
  })

  test('twice, or after a loss, is one end', async () => {
    const ending = [connection.end(), connection.end()]
    client.destroy()
    await Promise.all(ending)
    await connection.end()
  })

  test('writing after it does nothing', async () => {
    const end = connection.end()
    connection.out.text('too late\r\n')
    connection.out.flush()
    expect(await received()).toBe('')
    client.end()
    await end
  })
})

test('a client that has closed its side still gets its replies', async () => {
  client.end('QUIT\r\n')
  expect(await read()).toBe('QUIT\r\n')
  expect(await read()).toBe(null)
  connection.out.text('221 Bye\r\n')
  const end = connection.end()
  expect(await received()).toBe('221 Bye\r\n')
  await end
})

test('writing to a client that is gone fails nobody', async () => {
  client.destroy()
  expect(await read()).toBe(null)
  connection.out.text('hello\r\n')
  connection.out.flush()
  await connection.closed
  connection.out.text('hello\r\n')
  connection.out.flush()
  await expect(connection.room()).rejects.toThrow(Disconnected)
})
