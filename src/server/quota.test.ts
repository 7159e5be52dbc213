/** Quotas over SMTP, by a whole server: many who deliver at once, and the report and the warning that follow. */
import { expect, test } from 'vitest'
import type { LineClient } from '../../test/line-client.js'
import { configOf, started } from '../../test/started-server.js'

/** A session ends after twenty refusals, so each brings a few. */
const CLIENTS = 100
const EACH = 10
const ROOM = 500
const ADDRESS = 'ann@posthorn.test'

/** @returns the answers to the ends of the messages, or to RCPT where there was no room */
async function deliver(client: LineClient, n: number): Promise<string[]> {
  await client.until('220 ')
  client.send('EHLO client.example')
  await client.until('250 ')
  const answers: string[] = []
  for (let i = 0; i < n; i++) answers.push(await deliverOne(client))
  client.send('QUIT')
  await client.until('221 ')
  return answers
}

async function deliverOne(client: LineClient): Promise<string> {
  client.send('MAIL FROM:<eve@far.example>', `RCPT TO:<${ADDRESS}>`)
  await client.until('250 2.1.0')
  const taken = (await client.line()) ?? ''
  client.send(taken.startsWith('250') ? 'DATA' : 'RSET')
  if (!taken.startsWith('250')) {
    await client.until('250 ')
    return taken
  }
  await client.until('354 ')
  client.send('Subject: one of many', '', 'x'.repeat(500), '.')
  return (await client.line()) ?? ''
}

async function until<T>(ask: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> {
  for (;;) {
    const found = await ask()
    if (wanted(found)) return found
    await new Promise((turn) => setImmediate(turn))
  }
}

test('of 1,000 deliveries at once to a mailbox with room for 500, exactly 500 are stored', async () => {
  const { server, client, said } = await started({ services: ['smtp'], listener: 'max_connections = 300' })
  const { accounts } = server
  await accounts.addDomain('posthorn.test')
  await accounts.addUser(ADDRESS, 'a password of ann')
  expect(await deliver(client('smtp'), 1)).toEqual([expect.stringMatching(/^250 /)])
  const { used: charge } = await accounts.quotas.show(ADDRESS)
  await accounts.quotas.set(ADDRESS, { octets: ROOM * charge })

  const all = await Promise.all(Array.from({ length: CLIENTS }, () => deliver(client('smtp'), EACH)))
  const answers = all.flat()
  expect(answers.filter((answer) => answer.startsWith('250 ')).length).toBe(ROOM - 1)
  expect(answers.filter((answer) => !/^(250 |552 5\.2\.2 |452 4\.2\.2 )/.test(answer))).toEqual([])
  expect(await accounts.quotas.show(ADDRESS)).toMatchObject({ used: ROOM * charge, messages: ROOM })

  // One warning for each threshold at most, the last of 95 %, and the mails are there beside the 500.
  const given = await until(
    async () => said('Quota threshold exceeded'),
    (lines) => lines.some(({ threshold }) => threshold === '95%'),
  )
  const thresholds = given.map(({ threshold }) => threshold)
  expect(new Set(thresholds).size).toBe(thresholds.length)
  const ann = await accounts.showUser(ADDRESS)
  expect(ann.messages).toBe(ROOM + thresholds.length)
  expect(said('Quota updated after storage').length).toBe(ROOM)
  expect(await accounts.quotas.list(95)).toMatchObject([{ address: ADDRESS }])
})

test('a reload takes over how much fits, for users without limits of their own', async () => {
  const { server, client, dir } = await started({ services: ['smtp'] })
  const { accounts } = server
  await accounts.addDomain('posthorn.test')
  await accounts.addUser(ADDRESS, 'a password of ann')
  const reload = (more: string): Promise<void> => server.reload(configOf(dir, { services: ['smtp'], more }))
  const sender = client('smtp')
  await sender.until('220 ')
  sender.send('EHLO client.example')
  await sender.until('250 ')
  expect(await deliverOne(sender)).toMatch(/^250 /)
  await reload('[quota]\nmessages = 1\n')
  expect((await accounts.quotas.show(ADDRESS)).limits.messages).toBe(1)
  expect(await deliverOne(sender)).toMatch(/^552 5\.2\.2 /)
  await reload('[quota]\nmessages = 2\ndefault = "1MiB"\n')
  expect(await deliverOne(sender)).toMatch(/^250 /)
  await accounts.quotas.set(ADDRESS, { messages: 0 })
  expect(await deliverOne(sender)).toMatch(/^250 /)
})
