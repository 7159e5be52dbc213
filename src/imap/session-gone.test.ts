/** What becomes of a search whose client closes: one that reads on is answered, one that is gone is found out (docs/decisions/031). */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type ImapClient, World } from '../../test/imap-world.js'
import type { Uid } from '../core/ids.js'
import { imapLimits } from '../core/limits.js'

const ends: (() => unknown)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Real sockets: only they tell late, and only to who writes, that the peer is gone. */
async function tcpPair(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  const [socket] = await accepted
  ends.push(
    () => server.close(),
    () => client.destroy(),
    () => socket.destroy(),
  )
  return [socket, client]
}

interface Search {
  readonly signal: AbortSignal
  readonly find: (uids: readonly Uid[]) => void
}

/** A session whose search takes until somebody ends it. */
async function searching(): Promise<{ world: World; client: ImapClient; search: Search }> {
  const world = await World.create()
  await world.deliver()
  const begun = new Promise<Search>((resolve) => {
    world.store.search = (_mailbox, _wanted, { signal } = {}) =>
      new Promise((find, reject) => {
        if (signal === undefined) throw new Error('a search that cannot be ended')
        signal.addEventListener('abort', () => reject(signal.reason))
        resolve({ signal, find })
      })
  })
  const client = await world.connect({ ends: await tcpPair() })
  await client.say('s SELECT INBOX\r\n')
  client.send('a SEARCH TEXT hello\r\n')
  return { world, client, search: await begun }
}

test('a client that closes its side is answered all the same', async () => {
  const { world, client, search } = await searching()
  client.stream.end()
  await world.clock.advance(10 * imapLimits.progressInterval)
  expect(search.signal.aborted).toBe(false)
  search.find([1 as Uid])
  expect(await client.until(/^a OK/m)).toMatch(/\* OK \[INPROGRESS [\s\S]*\* SEARCH 1\r\na OK /)
  await client.over
})

test('a client that is gone is found out by telling it twice that the search goes on, and the search ends', async () => {
  const { world, client, search } = await searching()
  client.stream.destroy()
  await once(client.stream, 'close')
  // What the first line meets comes back over the network.
  await world.clock.advance(imapLimits.progressInterval)
  await wait(50)
  await world.clock.advance(imapLimits.progressInterval)
  await client.over
  expect(search.signal.aborted).toBe(true)
  expect(world.clock.pending).toBe(0)
})
