import { expect, test } from 'vitest'
import { passwordMask } from './mask.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('a password is in no line, however it is sent', () => {
  const mask = passwordMask([
    { username: 'one@x.example', password: 'correct horse' },
    { username: 'two@x.example', password: 'correct horse battery (1)' },
  ])
  expect(mask('C: a LOGIN "one@x.example" "correct horse"')).toBe('C: a LOGIN "one@x.example" "********"')
  expect(mask('C: correct horse battery (1)!')).toBe('C: ********!')
  expect(mask(`C: AUTH PLAIN ${base64('\0one@x.example\0correct horse')}`)).toBe('C: AUTH PLAIN ********')
  expect(mask(`C: ${base64('correct horse')}`)).toBe('C: ********')
})

test('a short one is hidden where it stands alone', () => {
  const mask = passwordMask([{ username: 'u', password: 'test' }])
  expect(mask('C: a LOGIN u@posthorn.test test')).toBe('C: a LOGIN u@posthorn.test ********')
})

test('where there is none, nothing is hidden', () => {
  expect(passwordMask([])('C: a')).toBe('C: a')
  expect(passwordMask([{ username: '', password: '' }])('C: AUTH PLAIN x')).toBe('C: AUTH PLAIN x')
})
