import { expect, test } from 'vitest'
import { streamPair } from '../../test/stream-pair.js'
import { FakeClock } from '../core/clock.js'
import { Connection } from '../wire/connection.js'
import { imapAstring, imapString, Responses } from './responses.js'

const endpoint = { address: '127.0.0.1', port: 143 }

test('from the first piece of a response to its last, nothing else may be said', async () => {
  const [near, far] = streamPair()
  far.resume()
  const out = new Responses(new Connection(near, { clock: new FakeClock(), local: endpoint, remote: endpoint }))
  const seen: boolean[] = []
  const look = (): number => seen.push(out.within)
  async function* octets(): AsyncGenerator<Buffer> {
    look()
    yield Buffer.from('12')
  }
  look()
  out.octets('* 1 FETCH (BODY[] {2}\r\n')
  look()
  out.bytes(Buffer.from(')\r'))
  look()
  await out.literal(2, octets())
  look()
  out.content('x\r\n')
  look()
  out.end(')\r\n')
  look()
  out.line('* OK')
  look()
  expect(seen).toEqual([false, true, true, true, true, true, false, false])
  expect(out.written).toBeGreaterThan(5)
})

test.each([
  ['INBOX', 'INBOX'],
  ['a]', 'a]'],
  ['NIL', '"NIL"'],
  ['', '""'],
  ['a b', '"a b"'],
  ['a"\\', '"a\\"\\\\"'],
  ['\xc3\xa4', '{2}\r\n\xc3\xa4'],
])('%j is written %s', (octets, written) => {
  expect(imapAstring(octets)).toBe(written)
  expect(imapString('x\r\n')).toBe('{3}\r\nx\r\n')
})
