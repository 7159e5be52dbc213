import { expect, test } from 'vitest'
import { Spellings } from './match.js'

test('a keyword is known by the name that it has in the mailbox, from when it is in use on', () => {
  const keywords = ['$Forwarded', 'two']
  const spellings = new Spellings({ keywords })
  expect(spellings.of('$forwarded')).toBe('$Forwarded')
  expect(spellings.of('three')).toBeUndefined()
  keywords.push('THREE')
  expect(spellings.of('three')).toBe('THREE')
})
