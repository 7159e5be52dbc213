import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { responseCodes } from './response-codes.js'

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))

test('no code is written anywhere that the table does not have', () => {
  const written = sources.flatMap((source) =>
    [...source.matchAll(/(?:OK|NO|BAD|BYE) \[([A-Z-]+)/g)].map(([, code = '']) => code),
  )
  expect(written).toContain('UNSEEN')
  expect(written.filter((code) => !(code in responseCodes))).toEqual([])
})
