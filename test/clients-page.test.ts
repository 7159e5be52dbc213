/** docs/clients.md names tests that are there, and all the tests of programs over IMAP and of the servers that we send to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/clients.md'), 'utf8')
const named = [...page.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path = '']) => path)

test.each(named)('%s is there', (path) => {
  expect(existsSync(join(root, path))).toBe(true)
})

const files = readdirSync(join(root, 'test/interop'), { recursive: true, encoding: 'utf8' })

test.each(files.filter((name) => /^(imap-.*\.test\.ts|(dovecot|outbound)\.test\.ts|scripts\/.*)$/.test(name)))(
  'test/interop/%s is in the table',
  (name) => {
    expect(named).toContain(`test/interop/${name}`)
  },
)
