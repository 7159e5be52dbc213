import { expect, test } from 'vitest'
import { hasSection, rfcIndex, sectionTitle, sorted } from '../rfc-index.js'
import { indexOf, written } from './making.js'

const rfc = (number: number, sections: string): string =>
  `Request for Comments: ${number}    March 2003\n\n   A Title\n\n${sections}\n`

const texts = [
  { number: '9001', text: rfc(9001, '1. One\n\n   C: a NOOP\n\n2. Two\n') },
  { number: '822', text: rfc(822, '1. One\n') },
]

test('texts and what is remembered, by their numbers, whatever order they come in', () => {
  const made = written(indexOf(texts))
  expect(written(indexOf(texts.toReversed()))).toBe(made)
  const index = JSON.parse(made)
  expect(index['9001']).toEqual({
    title: 'A Title',
    text: true,
    sections: { '1': 'One', '2': 'Two' },
    examples: { '1': ['NOOP'] },
  })
  expect(index['822']).toMatchObject({ text: true })
  expect(index['2033']).toMatchObject({ text: false, examples: {} })
  const numbers = Object.keys(index).map(Number)
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
})

test('a text that is none is named', () => {
  expect(() => indexOf([{ number: '1', text: 'nothing' }])).toThrow('RFC 1: it ')
})

test('sections stand in the order of the RFC', () => {
  expect(sorted(['A.1', '6.3.10', '10', '6.3', 'B', '6.3.9', '2', 'A'])).toEqual([
    '2',
    '6.3',
    '6.3.9',
    '6.3.10',
    '10',
    'A',
    'A.1',
    'B',
  ])
})

test('the index that is kept', () => {
  expect(sectionTitle('3501', '6.3.11')).toBe('APPEND Command')
  expect(sectionTitle('5321', 'D.4')).toBe('Verifying and Sending Scenario')
  expect(hasSection('3501', '3.2.1')).toBe(false)
  expect(hasSection('1', '1')).toBe(false)
  expect(rfcIndex()['3501']?.examples['6.3.11']).toEqual(['APPEND saved-messages (\\Seen) {#}'])
  const [made, kept] = [indexOf([]), rfcIndex()]
  for (const number of Object.keys(made)) expect(kept, number).toHaveProperty(number)
})
