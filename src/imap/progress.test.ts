import { expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { Progress } from './progress.js'

const SECOND = 1000

class Out {
  readonly lines: string[] = []
  within = false
  full = false
  written = 0
  flushed = 0
  readonly untagged = (line: string): void => {
    this.lines.push(line)
    this.written++
  }
  readonly flush = (): void => {
    this.flushed++
  }
}

function make(): { clock: FakeClock; out: Out; input: { asking: boolean }; progress: Progress } {
  const [clock, out, input] = [new FakeClock(), new Out(), { asking: false }]
  return { clock, out, input, progress: new Progress({ clock, out, input, limits: { progressInterval: 10 * SECOND } }) }
}

test('every ten seconds of silence, and no more when the command is over', async () => {
  const { clock, out, progress } = make()
  progress.begin('a1')
  await clock.advance(9_999)
  expect(out.lines).toEqual([])
  await clock.advance(1)
  expect(out.lines).toEqual(['OK [INPROGRESS ("a1" NIL NIL)] Still at work'])
  expect(out.flushed).toBe(1)
  await clock.advance(20 * SECOND)
  expect(out.lines.length).toBe(3)
  progress.end()
  progress.end()
  expect(clock.pending).toBe(0)
  await clock.advance(60 * SECOND)
  expect(out.lines.length).toBe(3)
})

test('how far it has come, which is never the goal itself', async () => {
  const { clock, out, progress } = make()
  progress.begin('a')
  progress.report(454, null)
  await clock.advance(10 * SECOND)
  progress.report(454, 1000)
  await clock.advance(10 * SECOND)
  progress.report(1000, 1000)
  await clock.advance(10 * SECOND)
  progress.report(0, 0)
  await clock.advance(10 * SECOND)
  expect(out.lines.map((line) => line.slice(0, -' Still at work'.length))).toEqual([
    'OK [INPROGRESS ("a" 454 NIL)]',
    'OK [INPROGRESS ("a" 454 1000)]',
    'OK [INPROGRESS ("a" 999 1000)]',
    'OK [INPROGRESS ("a" 0 NIL)]',
  ])
  progress.begin('b')
  await clock.advance(10 * SECOND)
  expect(out.lines.at(-1)).toBe('OK [INPROGRESS ("b" NIL NIL)] Still at work')
})

test('a tag that would end the response code is left out', async () => {
  const { clock, out, progress } = make()
  progress.begin('a]')
  await clock.advance(10 * SECOND)
  progress.report(1, 2)
  await clock.advance(10 * SECOND)
  expect(out.lines).toEqual(['OK [INPROGRESS] Still at work', 'OK [INPROGRESS (NIL 1 2)] Still at work'])
})

test.each([
  ['in the middle of a response', (out: Out) => Object.assign(out, { within: true })],
  ['while the client takes nothing', (out: Out) => Object.assign(out, { full: true })],
  ['while the client is asked', (_: Out, input: { asking: boolean }) => Object.assign(input, { asking: true })],
])('nothing is said %s', async (_, set) => {
  const { clock, out, input, progress } = make()
  progress.begin('a')
  set(out, input)
  await clock.advance(60 * SECOND)
  expect(out.lines).toEqual([])
})

test('what the command says itself counts', async () => {
  const { clock, out, progress } = make()
  progress.begin('a')
  await clock.advance(9 * SECOND)
  out.written++
  await clock.advance(10 * SECOND)
  expect(out.lines).toEqual([])
  await clock.advance(2 * SECOND)
  expect(out.lines.length).toBe(1)
})
