import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Network } from './network.js'
import { preflight } from './preflight.js'
import type { Security, Target } from './target.js'
import { parseTranscript } from './transcript.js'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A server of which each line is answered by `answer`, behind its greeting; null: it says nothing, '': it closes. */
async function server(greeting: string | null, answer: (line: string) => string = () => ''): Promise<number> {
  const sockets = new Set<Socket>()
  const made = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (greeting === '') socket.end()
    else if (greeting !== null) socket.write(`${greeting}\r\n`)
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').filter(Boolean)) socket.write(answer(line))
    })
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    made.close()
  })
  const address = made.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const MAILBOXES = '* LIST () "/" INBOX\r\n* LIST (\\Noselect) "/" Lists\r\n* LIST () "/" "Lists/a b"\r\n'

/** An account with so many messages in each mailbox; its password is "right". */
const imap =
  (messages: Readonly<Record<string, number>>, capabilities = 'IMAP4rev1') =>
  (line: string): string => {
    const [tag = '', verb = '', ...rest] = line.split(' ')
    if (verb === 'CAPABILITY') return `* CAPABILITY ${capabilities}\r\n${tag} OK\r\n`
    if (verb === 'LOGIN') return `${tag} ${line.includes('"right"') ? 'OK' : 'NO [AUTHENTICATIONFAILED] who?'}\r\n`
    if (verb === 'LIST') return `${MAILBOXES}${tag} OK\r\n`
    const name = /^"(.*)" \(/.exec(rest.join(' '))?.[1] ?? ''
    if (verb === 'STATUS') return `* STATUS "${name}" (MESSAGES ${messages[name] ?? 0})\r\n${tag} OK\r\n`
    return `${tag} OK\r\n`
  }

const target = (ports: Target['ports'], security: Security = 'none', password = 'right'): Target => ({
  ...{ host: '127.0.0.1', ports, security, domain: 'x.example', hostname: 'x.example' },
  users: [{ username: 'one', password }],
})

const check = (to: Target, emptyMailboxes = false) => preflight(to, { emptyMailboxes, patience: 200 })

test('an account without mail is taken, one with mail only where it was said', async () => {
  await check(target({ imap: await server('* OK', imap({})) }))
  const port = await server('* OK', imap({ 'Lists/a b': 3 }))
  await expect(check(target({ imap: port }))).rejects.toThrow(
    /^the mailbox Lists\/a b of one has 3 messages in it, and a run deletes all mail of its accounts: .* --empty-mailboxes$/,
  )
  await check(target({ imap: port }), true)
})

test('a wrong password is told, and not said', async () => {
  const port = await server('* OK', imap({}))
  const failure = await check(target({ imap: port }, 'none', 'secret word')).catch((error: Error) => error.message)
  expect(failure).toBe(`127.0.0.1:${port} (imap): one cannot log in: NO [AUTHENTICATIONFAILED] who?`)
})

test('submission: a wrong password is told, and without STARTTLS it is not sent', async () => {
  const right = Buffer.from('\0one\0right').toString('base64')
  const said: string[] = []
  const port = await server('220 x.example', (line) => {
    said.push(line)
    if (line.startsWith('EHLO')) return '250-x.example\r\n250-SIZE\r\n250 AUTH LOGIN PLAIN\r\n'
    return line === `AUTH PLAIN ${right}` ? '235 2.7.0 welcome\r\n' : '535 5.7.8 who?\r\n'
  })
  await check(target({ submission: port }))
  await expect(check(target({ submission: port }, 'none', 'wrong'))).rejects.toThrow(
    `127.0.0.1:${port} (submission): one cannot log in: 535 5.7.8 who?`,
  )
  said.length = 0
  await expect(check(target({ submission: port }, 'starttls'))).rejects.toThrow(
    `127.0.0.1:${port} (submission) does not offer STARTTLS: --no-tls lets passwords go in clear`,
  )
  expect(said).toEqual(['EHLO client.example'])
  const silent = await server('220 x.example')
  await expect(check(target({ submission: silent }))).rejects.toThrow('(submission) does not answer EHLO')
})

test('nobody logs in in clear where STARTTLS was wanted', async () => {
  let login = false
  const port = await server('* OK', (line) => {
    login ||= line.includes('LOGIN')
    return imap({})(line)
  })
  await expect(check(target({ imap: port }, 'starttls'))).rejects.toThrow(
    `127.0.0.1:${port} (imap) does not offer STARTTLS: --no-tls lets passwords go in clear`,
  )
  expect(login).toBe(false)
  // Nor later, when a server has thought better of it.
  const { header } = parseTranscript('a.txt', 'rfc: RFC 3501 §8\nstate: auth\n\nC: a\n', 'imap')
  await expect(new Network(target({ imap: port }, 'starttls')).open(header)).rejects.toThrow('does not offer STARTTLS')
  expect(login).toBe(false)
})

test.each([
  ['is silent', null, 'imap', 'none', /the greeting/],
  ['closes', '', 'imap', 'none', /the greeting/],
  ['turns away', '* BYE full', 'imap', 'none', /: the server greets with \* BYE full$/],
  ['closes', '', 'smtp', 'none', /\(smtp\) closes the connection without a word$/],
  ['is silent', null, 'smtp', 'none', /\(smtp\) does not greet$/],
  ['turns away', '554 no', 'smtp', 'none', /\(smtp\) does not serve: it greets with 554 no$/],
  ['does not speak TLS', '* OK', 'imaps', 'tls', /: the TLS handshake fails: what it speaks is not TLS$/],
  ['does not answer in TLS', null, 'imaps', 'tls', /: the TLS handshake takes more than 0\.2 s$/],
] as const)('a server that %s is told of in one line (%s, %s)', async (_, greeting, service, security, message) => {
  const port = await server(greeting)
  await expect(check(target({ [service]: port }, security))).rejects.toThrow(message)
})

test('a port at which nobody listens', async () => {
  const port = await server('* OK')
  for (const end of ends.splice(0)) end()
  await expect(check(target({ imap: port }))).rejects.toThrow(
    `127.0.0.1:${port} (imap): a connection fails: connect ECONNREFUSED 127.0.0.1:${port}`,
  )
})
