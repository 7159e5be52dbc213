/** Base subjects: the steps of RFC 5256 §2.1 one by one, and any subject against them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseSubject } from './base-subject.js'

describe('the base subject (RFC 5256 §2.1)', () => {
  test.each([
    ['a test', 'a test', false],
    ['', '', false],
    ['  a\t \r\n test ', 'a test', false],
    ['Re: a test', 'a test', true],
    ['RE: re:Re : a test', 'a test', true],
    ['Fw: Fwd: FWD: a test', 'a test', true],
    ['Re [2]: a test', 'a test', true],
    ['Re[2]: a test', 'a test', true],
    ['a test (fwd)', 'a test', true],
    ['a test (fwd) (FWD) ', 'a test', true],
    ['[list] a test', 'a test', false],
    ['[list] [other]a test', 'a test', false],
    ['[list] Re: [list] a test', 'a test', true],
    ['[a] [b] Re: x', 'x', true],
    ['[list]', '[list]', false],
    ['[list] ', '[list]', false],
    ['[a] [b]', '[b]', false],
    ['Re: [list]', '[list]', true],
    ['Re:', '', true],
    ['[fwd: a test]', 'a test', true],
    ['[Fwd: Re: [list] a test (fwd)]', 'a test', true],
    ['[fwd: [Fwd: a test]]', 'a test', true],
    ['[fwd: a test', '[fwd: a test', false],
    ['[fwd: a test] b', 'b', false],
    ['Regarding: a test', 'Regarding: a test', false],
    ['re a test', 're a test', false],
    ['Re[x: a', 'Re[x: a', false],
    ['AW: a test', 'AW: a test', false],
    ['[[x] a', '[[x] a', false],
    ['a [list]', 'a [list]', false],
  ])('of %j is %j; it is a reply: %s', (subject, text, isReply) => {
    expect(baseSubject(subject)).toEqual({ text, isReply })
  })

  const pieces = fc.constantFrom('re', 'Re:', 'fwd', 'fw:', '[fwd:', '[', ']', '(fwd)', ' ', ':', 'x', 'ä', '[l]', '\t')
  const subject = fc.array(pieces, { maxLength: 20 }).map((all) => all.join(''))

  test('of a base subject is itself', () => {
    fc.assert(fc.property(subject, (s) => baseSubject(baseSubject(s).text).text === baseSubject(s).text))
  })

  test('is a part of the subject, and the same for every reply and forward of it', () => {
    fc.assert(
      fc.property(subject, (s) => {
        const { text } = baseSubject(s)
        expect(s.replaceAll('\t', ' ').replace(/ +/g, ' ')).toContain(text)
        for (const again of [`Re: ${text}`, `Fwd: ${text}`, `${text} (fwd)`]) {
          expect(baseSubject(again)).toEqual({ text, isReply: true })
        }
        // "[Fwd: ]x]" is a list name before "x]".
        if (!/[[\]]/.test(text)) expect(baseSubject(`[Fwd: ${text}]`)).toEqual({ text, isReply: true })
      }),
    )
  })

  test('takes no longer for a subject that is made to take long', () => {
    for (const piece of ['[', '[a]', '[fwd:', '(fwd)', 're[', ' ', '[fwd:[a]re:']) {
      expect(baseSubject(piece.repeat(2_000)).text.length).toBeLessThanOrEqual(piece.length * 2_000)
    }
  })
})
