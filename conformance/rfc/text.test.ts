import { describe, expect, test } from 'vitest'
import { parseRfc } from './text.js'

const HEAD = `



Network Working Group                                        A. Nobody
Request for Comments: 9051                                  March 2003
Category: Standards Track


              The Title of It, Which Is
                    Long

Abstract

   This is short.

Table of Contents

   1.  Introduction  . . . . . . . . . . . . . . . . . . . . . . . .   1
   2.  Commands ................................................... 2
     2.1.  FIRST Command
           of all  . . . . . . . . . . . . . . . . . . . . . . . . .   2
   Appendix A.  Changes  . . . . . . . . . . . . . . . . . . . . . .   3

`

const BODY = `1.  Introduction

   Text, and a list:

   1.  one
   2.  two

   Example:    C: a NOOP



Nobody                      Standards Track                     [Page 1]
\f
RFC 9051                        NOTHING                       March 2003


               S: a OK done

2.  Commands

2.1.  FIRST Command of all, whose name is longer than the lines that RFCs
      have

   7 of these are not a heading.

2.3   THIRD Command

   The number 2.2 is left out.

3.1.  Not the next

Appendix A.  Changes

A.1.  Since RFC 1

   None.
`

const numbersOf = (text: string): string[] => parseRfc(text).sections.map(({ number }) => number)

test('title and sections', () => {
  const { title, sections } = parseRfc(HEAD + BODY)
  expect(title).toBe('The Title of It, Which Is Long')
  expect(sections.map((section) => `${section.number} ${section.title}`)).toEqual([
    '1 Introduction',
    '2 Commands',
    '2.1 FIRST Command of all, whose name is longer than the lines that RFCs have',
    '2.3 THIRD Command',
    'A Changes',
    'A.1 Since RFC 1',
  ])
})

test('a page break does not part what belongs together', () => {
  const [introduction] = parseRfc(HEAD + BODY).sections
  expect(introduction?.lines.join('\n')).toContain('C: a NOOP\n               S: a OK done')
})

test('a byte order mark, CRLF, and a text without pages', () => {
  expect(numbersOf(`\uFEFF${HEAD}${BODY}`.replaceAll('\n', '\r\n'))).toHaveLength(6)
})

describe('headings', () => {
  test.each([
    ['a table of contents at the margin', '1.  Introduction .......... 1\n2.  More    7\n\n1.  Introduction\n', ['1']],
    [
      'references behind the appendices',
      '1.  One\n\nAppendix A.  Two\n\n2.  References\n\n2.1.  Some\n',
      ['1', 'A', '2', '2.1'],
    ],
    ['appendices without the word', '1. One\n\nA.  Two\n\nA.1 Three\n\nB. Four\n', ['1', 'A', 'A.1', 'B']],
    ['one that is numbered as elsewhere', 'Introduction\n\n6.3.11.  APPEND Command\n', ['6.3.11']],
    ['years and versions in the text', '1. One\n\n1998 was long ago.\n4.2 is out of order.\n', ['1']],
    ['no space behind the number', '1. One\n\n2.5 is no heading, for 2 is missing\n', ['1']],
  ])('%s', (_, body, numbers) => {
    expect(numbersOf(`${HEAD.split('Table')[0]}${body}`)).toEqual(numbers)
  })
})

test.each([
  ['', 'it has no numbered sections'],
  ['1. One\n', 'it does not begin as an RFC does'],
])('%j is no RFC: %s', (text, why) => {
  expect(() => parseRfc(text)).toThrow(why)
})
