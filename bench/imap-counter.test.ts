import { expect, test } from 'vitest'
import { ResponseCounter } from './imap-counter.js'

const STREAM = [
  '* OK hello\r\n',
  '* 1 FETCH (BODY[] {7}\r\na {3}\r\n UID 1 BODY[TEXT] {0}\r\n FLAGS ())\r\n',
  '* 2 FETCH (BODY[] {5}\r\n* x\r\n)\r\n',
  '+ go on\r\n',
  'a OK done {x}\r\n',
].join('')

const FIRST_LINES = ['* OK hello', '* 1 FETCH (BODY[] {7}', '* 2 FETCH (BODY[] {5}', '+ go on', 'a OK done {x}']

test('responses are the same however they are cut', () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const seen: string[] = []
    const counter = new ResponseCounter((line) => seen.push(line))
    for (let at = 0; at < STREAM.length; at += size) counter.push(Buffer.from(STREAM.slice(at, at + size)))
    expect(seen, String(size)).toEqual(FIRST_LINES)
  }
})

test('a line of any length ends where it ends', () => {
  const seen: string[] = []
  const counter = new ResponseCounter((line) => seen.push(line.slice(-20)))
  counter.push(Buffer.from(`* SEARCH ${'1 '.repeat(100_000)}{2}\r\nxx)\r\na OK done\r\n`))
  expect(seen).toEqual(['1 1 1 1 1 1 1 1 1 {2}'.slice(-20), 'a OK done'])
})
