/** The queue by command: at a server that runs, and without one. */
import { describe, expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { LineClient } from '../../test/line-client.js'
import { inProcess, type Ran } from '../../test/program.js'

const { serve, site } = cliSites()

const commands = (file: string) => {
  const ran = (...args: string[]): Promise<Ran> => inProcess(['queue', ...args, '--config', file])
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await ran(...args)
    expect(stderr, args.join(' ')).toBe('')
    expect(code).toBe(0)
    return stdout.trimEnd()
  }
  const no = async (code: 1 | 2, line: string, ...args: string[]): Promise<void> =>
    expect(await ran(...args)).toEqual({ code, stdout: '', stderr: `posthorn: ${line}\n` })
  const json = async (...args: string[]) => JSON.parse(await ok(...args, '--json'))
  return { ok, no, json, ran }
}

/** Sends one message by SMTP. @returns its queue id */
async function sent(port: number, from: string, to: string): Promise<string> {
  const client = LineClient.connect(port)
  const says = async (command: string | null, code: string): Promise<string> => {
    if (command !== null) client.send(command)
    for (;;) {
      const line = (await client.line()) ?? ''
      expect(line.slice(0, 3), command ?? 'greeting').toBe(code)
      if (line[3] !== '-') return line
    }
  }
  await says(null, '220')
  await says('EHLO client.test', '250')
  await says(`MAIL FROM:<${from}>`, '250')
  await says(`RCPT TO:<${to}>`, '250')
  await says('DATA', '354')
  const accepted = await says('Subject: hello\r\n\r\nHello.\r\n.', '250')
  client.close()
  return accepted.split(' ').at(-1) ?? ''
}

const NOTHING_LEAVES = '[queue]\ndeliver = "none"\n'

/** A server with mail for a@x.test, b@x.test and c@y.test, from eve and from nobody. */
async function waiting() {
  const file = await site(NOTHING_LEAVES, ['smtp'])
  await inProcess(['domain', 'add', 'example.org', '--config', file])
  const targets = ['a@x.test', 'b@x.test', 'c@y.test']
  await inProcess(['alias', 'add', 'list@example.org', ...targets, '--config', file])
  const server = serve(['--config', file])
  const { ports } = (await server.logged('SMTP server started')) as unknown as { ports: number[] }
  const first = await sent(ports[0] ?? 0, 'eve@far.test', 'list@example.org')
  const second = await sent(ports[0] ?? 0, '', 'list@example.org')
  return { ...commands(file), file, server, first, second }
}

describe('at a server that runs', () => {
  test('recipients are listed, by any filter, and counted', async () => {
    const { ok, json, first, second, no } = await waiting()
    const all: { id: string; recipient: string }[] = await json('list')
    expect(all.map(({ id, recipient }) => `${id} ${recipient}`)).toEqual(
      [first, second].sort().flatMap((id) => [`${id} a@x.test`, `${id} b@x.test`, `${id} c@y.test`]),
    )
    expect(await ok('list', '--id', first, '--domain', 'Y.test')).toMatch(
      new RegExp(`^ID +FROM +RECIPIENT .*\n${first} +eve@far\\.test +c@y\\.test .* pending +0 +20`),
    )
    expect((await json('list', '--limit', '2')).length).toBe(2)
    expect((await json('list', '--sender', '')).length).toBe(3)
    expect((await json('list', '--sender', 'EVE', '--recipient', '@x.')).length).toBe(2)
    expect(await json('list', '--older-than', '1h')).toEqual([])
    expect((await json('list', '--older-than', '0s')).length).toBe(6)
    expect(await json('list', '--error', 'anything')).toEqual([])
    expect(await json('list', '--status', 'held')).toEqual([])
    expect(await json('stats')).toMatchObject({ messages: 2, pending: 6, held: 0, claimed: 0, paused: 0 })
    expect(await ok('stats')).toMatch(/^messages +2\npending +6\n/)
    expect(await json('destinations')).toMatchObject([
      { destination: 'x.test', pending: 4, paused: false },
      { destination: 'y.test', pending: 2, paused: false },
    ])
    expect(await ok('destinations', '--limit', '1')).toMatch(
      /^DESTINATION .*\nx\.test +4 +0 +20\S+ \S+ UTC +20\S+ \S+ UTC$/,
    )
    expect(await ok('show', first)).toMatch(new RegExp(`^message +${first}\nfrom +eve@far\\.test\n`))
    expect((await json('show', first)).queued.recipients.length).toBe(3)
    await no(1, 'nothing is known of a message q9: not in the queue, and not in its history', 'show', 'q9')
  })

  test('what is done to them needs a filter or --all, and is remembered', async () => {
    const { ok, json, no, first, second } = await waiting()
    const missing = 'this would be done to the whole queue: say which recipients with --domain and the like, or --all'
    for (const action of ['retry', 'hold', 'release', 'fail', 'drop']) await no(2, missing, action)
    await no(2, '--all is the whole queue: leave it out, or the other options', 'drop', '--all', '--id', first)
    expect(await ok('hold', '--domain', 'x.test')).toBe('4 recipients held')
    expect(await ok('retry', '--all')).toBe('2 recipients due now\n4 passed over: held or failed already')
    expect(await ok('release', '--id', first, '--recipient', 'a@')).toBe('1 recipient released')
    expect(await json('list', '--status', 'held')).toHaveLength(3)
    expect(await json('drop', '--id', second)).toEqual({ done: 3, claimed: 0, unsuited: 0 })
    expect(await ok('fail', '--id', first, '--domain', 'y.test')).toBe('1 recipient given up')
    const outcomes: { outcome: string; recipient: string }[] = await json('history')
    expect(outcomes.map(({ outcome, recipient }) => `${outcome} ${recipient}`)).toEqual([
      'failed c@y.test',
      'dropped c@y.test',
      'dropped b@x.test',
      'dropped a@x.test',
    ])
    expect(await ok('history', '--outcome', 'failed')).toMatch(/ failed .* 554 5\.0\.0 Given up by the administrator$/)
    expect(await json('history', '--id', second, '--recipient', 'A@')).toHaveLength(1)
    expect(await ok('show', second)).toMatch(/^message +\w+\nwaits +no\n\nOUTCOME .*\ndropped /)
    await no(1, `nothing is known of an attempt to send ${first} to c@y.test`, 'transcript', first, 'c@y.test')
  })

  test('destinations are paused, new mail is held by rules, addresses are suppressed', async () => {
    const { ok, json, no } = await waiting()
    expect(await ok('pause', 'X.test')).toBe('X.test paused')
    expect(await ok('destinations')).toMatch(/\nx\.test .* paused\n/)
    expect(await json('stats')).toMatchObject({ paused: 1 })
    expect(await ok('resume', 'x.test')).toBe('x.test resumed')
    await no(1, 'x.test is not paused', 'resume', 'x.test')
    await no(1, 'name: must be a domain, or an address in brackets', 'pause', 'no domain')

    expect(await ok('hold-rule', 'add', 'shop', '--sender', '*@Shop.test')).toBe('hold rule shop added')
    await no(2, 'give --sender, --recipient or both', 'hold-rule', 'add', 'shop')
    await no(1, 'there is a hold rule shop already', 'hold-rule', 'add', 'shop', '--sender', 'a@b.test')
    await no(1, 'sender: must be an address or *@domain', 'hold-rule', 'add', 'b', '--sender', '*@*.b.test')
    expect(await json('hold-rule', 'list')).toMatchObject([{ name: 'shop', sender: '*@shop.test', recipient: null }])
    expect(await ok('hold-rule', 'list')).toMatch(/^NAME .*\nshop +\*@shop\.test /)
    expect(await ok('hold-rule', 'remove', 'shop')).toBe('hold rule shop removed')
    await no(1, 'there is no hold rule shop', 'hold-rule', 'remove', 'shop')

    expect(await ok('suppressions', 'add', 'Bob@x.test', '--reason', 'asked for it')).toBe('bob@x.test suppressed')
    await no(1, 'address: must be an address', 'suppressions', 'add', 'nobody')
    expect(await json('suppressions', 'list')).toMatchObject([{ address: 'bob@x.test', reason: 'asked for it' }])
    expect(await ok('suppressions', 'list')).toMatch(/^ADDRESS .*\nbob@x\.test .* asked for it$/)
    expect(await ok('suppressions', 'remove', 'bob@x.test')).toBe('bob@x.test is sent to again')
    await no(1, 'bob@x.test is not suppressed', 'suppressions', 'remove', 'bob@x.test')
  })
})

test('without a server the same commands work on the data, and what was done stays', async () => {
  const { ok, json, server, first, file } = await waiting()
  await ok('hold', '--id', first)
  await ok('pause', 'y.test')
  server.signal('SIGTERM')
  expect(await server.exit).toBe(0)
  expect(await json('list', '--status', 'held')).toHaveLength(3)
  expect(await json('stats')).toMatchObject({ pending: 3, held: 3, paused: 1 })
  expect(await json('drop', '--sender', 'eve')).toEqual({ done: 3, claimed: 0, unsuited: 0 })
  expect(await json('list')).toHaveLength(3)
  expect(await json('history')).toHaveLength(3)
  const { code, stdout } = await inProcess(['store', 'check', '--config', file])
  expect({ code, stdout }).toMatchObject({ code: 0 })
})

test.each([
  [['list', '--limit', '0']],
  [['list', '--older-than', 'long']],
  [['list', '--status', 'lost']],
  [['drop', '--error', 'x'.repeat(1001)]],
  [['show']],
  [['transcript', 'q1']],
])('%j is wrong usage', async (args) => {
  const { ran } = commands(await site())
  expect(await ran(...args)).toMatchObject({ code: 2, stdout: '' })
})
