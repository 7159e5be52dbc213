/** Threads are started from compiled files, wherever their starter runs. */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { workerUrl } from './worker-url.js'

test.each([
  ['file:///opt/posthorn/dist/src/store/sqlite/open.js', 'file:///opt/posthorn/dist/src/store/sqlite/writer.js'],
  [
    'file:///home/me/src/posthorn/src/store/sqlite/open.ts',
    'file:///home/me/src/posthorn/dist/src/store/sqlite/writer.js',
  ],
])('%s', (from, to) => {
  expect(workerUrl(from, './writer.js').href).toBe(to)
})

test('the writer is where it says', () => {
  expect(existsSync(workerUrl(import.meta.url, './writer.js'))).toBe(true)
})
