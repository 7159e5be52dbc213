import { describe, expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'
import { StoreError } from '../../store/errors.js'
import type { SearchOptions } from '../../store/store.js'

const selected = async (messages: number): Promise<{ world: World; client: Awaited<ReturnType<World['connect']>> }> => {
  const world = await World.create()
  for (let n = 0; n < messages; n++) await world.deliver()
  const client = await world.connect()
  await client.say('s SELECT INBOX\r\n')
  return { world, client }
}

test('thousands of numbers are one line', async () => {
  const { client } = await selected(2345)
  const numbers = Array.from({ length: 2345 }, (_, i) => i + 1).join(' ')
  expect(await client.say('a SEARCH ALL\r\n')).toBe(`* SEARCH ${numbers}\r\na OK SEARCH completed\r\n`)
  expect(await client.say('b UID SEARCH 1:*\r\n')).toBe(`* SEARCH ${numbers}\r\nb OK UID SEARCH completed\r\n`)
})

describe('a search that looks into messages', () => {
  test('ends when its connection is', async () => {
    const { world, client } = await selected(1)
    const began = new Promise<void>((begin) => {
      world.store.search = (_mailbox, _wanted, { signal }: SearchOptions = {}) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
          begin()
        })
    })
    client.stream.write('a SEARCH TEXT hello\r\n')
    await began
    client.connection.destroy()
    await client.over
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('is refused when the store cannot do it now', async () => {
    const { world, client } = await selected(1)
    world.store.search = () => Promise.reject(new StoreError('unavailable', 'too much waits'))
    expect(await client.say('a SEARCH TEXT hello\r\n')).toBe('a NO [UNAVAILABLE] The mail store cannot do this now\r\n')
    expect(await client.say('b SEARCH SEEN TEXT hello\r\n')).toBe('* SEARCH\r\nb OK SEARCH completed\r\n')
  })
})
