/** Whether a server kept what it promised to a load: what is in the mailboxes against the ledger. */
import { createHash } from 'node:crypto'
import { ImapFlow } from 'imapflow'
import { expect } from 'vitest'
import type { RunningProcess } from '../../bench/server-process.js'
import type { Ledger } from './load.js'

/** The ids found in the INBOX of a user, each with the hashes of the contents that carry it. */
async function inbox(server: RunningProcess, user: string, password: string): Promise<Map<string, string[]>> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: `${user}@posthorn.test`, pass: password },
    logger: false,
  })
  await client.connect()
  const { exists } = await client.mailboxOpen('INBOX')
  const found = new Map<string, string[]>()
  if (exists > 0) {
    for await (const { source } of client.fetch('1:*', { source: true })) {
      note(found, source as Buffer)
    }
  }
  await client.logout()
  return found
}

/** Adds one message as it is stored: trace fields may stand before what was sent. */
export function note(found: Map<string, string[]>, octets: Buffer): void {
  const content = octets.subarray(octets.indexOf('From: <load@example.org>'))
  const id = /X-Id: (\w+)/.exec(content.toString('latin1', 0, 200))?.[1] ?? 'none'
  found.set(id, [...(found.get(id) ?? []), createHash('sha256').update(content).digest('hex')])
}

/** What was acknowledged is in the INBOX of `user` once, what was never sent whole is not, and nothing else is. */
export async function expectPromisesKept(
  user: string,
  ledger: Ledger,
  server: RunningProcess,
  password: string,
): Promise<void> {
  expectKept(user, ledger, await inbox(server, user, password))
}

/** `found`: ids with the hashes of the contents that carry it. */
export function expectKept(user: string, ledger: Ledger, found: ReadonlyMap<string, readonly string[]>): void {
  for (const [id, { to, state, sha256 }] of ledger) {
    const copies = found.get(id) ?? []
    if (to.includes(user) && state === 'acknowledged') expect(copies, `acknowledged ${id}`).toEqual([sha256])
    else if (to.includes(user) && state === 'whole') expect([[], [sha256]], `unanswered ${id}`).toContainEqual(copies)
    else expect(copies, `never sent whole, or not to ${user}: ${id}`).toEqual([])
  }
  for (const id of found.keys()) expect(ledger.has(id), `nobody sent ${id}`).toBe(true)
}
