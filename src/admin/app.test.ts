import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { testSecrets } from '../../test/fake-secrets.js'
import { recordingLog } from '../../test/log-recorder.js'
import { composeAccounts } from '../accounts/compose.js'
import { BcryptPasswords } from '../accounts/password.js'
import { noSessions, type SessionDesk } from '../accounts/presence.js'
import { systemClock } from '../core/clock.js'
import { localConfig } from '../core/config-local.js'
import { systemRandom } from '../core/ids.js'
import type { Level } from '../core/log.js'
import { openSqliteStore } from '../store/sqlite/open.js'
import type { Problem, Store } from '../store/store.js'
import { addAlias, listAliases, removeAlias, removeAliasTarget } from './aliases.js'
import { adminApp } from './app.js'
import { addAppPassword, listAppPasswords, revokeAppPassword } from './app-passwords.js'
import { DirectClient, Refused, SocketClient } from './client.js'
import { addDomain, listDomains, removeDomain, setDomain, showDomain } from './domains.js'
import { setLogLevel, showLogLevel } from './log-level.js'
import { listMailboxes } from './mailboxes.js'
import { listQueue } from './queue.js'
import { listQuotas, recalculateQuota, recalculateQuotas, setQuota, showQuota } from './quotas.js'
import type { AdminServices } from './route.js'
import { endSession, endUserSessions, listSessions } from './sessions.js'
import { getStatus, type Status } from './status.js'
import { checkStore } from './store.js'
import { routes } from './table.js'
import { Tokens } from './token-file.js'
import { addToken, listTokens, revokeToken } from './tokens.js'
import { addUser, disableUser, enableUser, listUsers, removeUser, setPassword, setUser, showUser } from './users.js'

const STATUS: Status = {
  running: true,
  version: '1.2.3',
  hostname: 'mail.example.org',
  data_dir: '/data',
  pid: 1,
  started_at: '2026-01-02T03:04:05.000Z',
  uptime_seconds: 6,
  storage: [],
  listeners: [{ service: 'smtp', address: '127.0.0.1', port: 25, connections: 7 }],
}

let dir: string
let store: Store
let services: AdminServices
let problems: readonly Problem[] = []
const logger: { level: Level } = { level: 'info' }
/** Session s1 is alice's; what was asked of it. */
let ended: string[] = []
const desk: SessionDesk = {
  list: () => [
    { id: 's1', service: 'imaps', clientIp: '192.0.2.7', since: 1_000, user: 'alice@example.org' },
    { id: 's2', service: 'smtp', clientIp: '192.0.2.8', since: 2_000, user: null },
  ],
  end: (id, why) => id === 's1' && ended.push(`${id} ${why}`) > 0,
  endUser: (address, why) => ended.push(`${address} ${why}`),
}
const log = recordingLog()
/** Cheap hashes: what is tested is the way to them. */
const passwords = new BcryptPasswords({ cost: 4 })

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-admin-'))
  store = await openSqliteStore({ dir: join(dir, 'data'), clock: systemClock, random: systemRandom })
  const { auth, accounts, hostname } = localConfig({ dataDir: dir })
  const config = {
    ...{ hostname, auth: { ...auth, minPasswordLength: 1 } },
    accounts: { ...accounts, defaultMailboxes: [{ name: 'INBOX', specialUse: null }] },
  }
  const [clock, random] = [systemClock, systemRandom]
  const own = { store, sessions: noSessions, passwords, secrets: testSecrets(), clock, random, log }
  services = {
    accounts: composeAccounts({ ...own, config: () => config }).service,
    store: {
      ...store,
      check: async () => problems,
      repair: async ({ dryRun }) => ({ done: dryRun ? [] : problems, left: dryRun ? problems : [] }),
    },
    status: () => STATUS,
    sessions: desk,
    tokens: await Tokens.load(dir, { clock: systemClock, random: systemRandom }),
    logger,
  }
})
afterAll(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})
beforeEach(async () => {
  problems = []
  logger.level = 'info'
  ended = []
  for (const { address } of await store.listAliases()) await store.removeAlias(address, null)
  for (const { address } of await store.listUsers()) await store.removeUser(address)
  for (const { name } of await store.listDomains()) await store.removeDomain(name)
})

const app = (guarded = false) => adminApp(services, { guarded, log })

/** Over the socket and in process: whatever holds for one must hold for the other. */
const clients = {
  direct: async () => new DirectClient(app(), async () => {}),
  socket: async () => {
    const path = join(dir, 'control.sock')
    const server = app()
    await server.listen({ path })
    const client = new SocketClient(path)
    return Object.assign(client, { close: () => server.close() })
  },
}

const user = (address: string, more = {}) =>
  expect.objectContaining({
    address,
    display_name: '',
    status: 'active',
    last_login: null,
    messages: 0,
    size: 0,
    ...more,
  })

test.each(Object.entries(clients))('domains and users from their making to their end (%s)', async (_, open) => {
  const client = await open()
  try {
    expect(await client.call(addDomain, { name: 'Example.ORG' })).toMatchObject({ name: 'example.org', users: 0 })
    const address = 'Alice+x/y@example.org'
    const canonical = 'alice+x/y@example.org'
    expect(await client.call(addUser, { address, password: 'one', display_name: 'Älice' })).toEqual(
      user(canonical, { display_name: 'Älice', mailboxes: 1 }),
    )
    expect(await client.call(listDomains, {})).toMatchObject({ domains: [{ name: 'example.org', users: 1 }] })
    expect(await client.call(showUser, { address })).toEqual(user(canonical, { display_name: 'Älice' }))
    expect(await client.call(setUser, { address, display_name: '' })).toEqual(user(canonical))
    expect(await client.call(disableUser, { address })).toEqual(user(canonical, { status: 'inactive' }))
    expect(await client.call(enableUser, { address })).toEqual(user(canonical))
    expect(await client.call(setPassword, { address, password: 'two' })).toBe(undefined)
    const stored = await store.findCredentials(canonical)
    expect(await passwords.verify('two', stored?.passwordHash ?? null)).toBe(true)
    expect(await client.call(listUsers, { domain: 'example.org' })).toEqual({ users: [user(canonical)], next: null })
    await client.call(removeUser, { address })
    await client.call(removeDomain, { name: 'example.org' })
    expect(await client.call(listUsers, {})).toEqual({ users: [], next: null })
    expect(await client.call(listQueue, { limit: 10 })).toEqual({ entries: [], next: null })
    expect(await client.call(getStatus, {})).toEqual(STATUS)
    problems = [{ kind: 'missing-blob', detail: 'message 7' }]
    expect(await client.call(checkStore, {})).toEqual({ problems })
  } finally {
    await client.close()
  }
})

test.each(Object.entries(clients))('aliases and the rules of a domain (%s)', async (_, open) => {
  const client = await open()
  try {
    await client.call(addDomain, { name: 'example.org' })
    const address = 'sales/eu@example.org'
    const added = await client.call(addAlias, { address, targets: ['b/c@far.example', 'a@far.example'] })
    expect(added).toMatchObject({ address, targets: ['a@far.example', 'b/c@far.example'] })
    expect(await client.call(listAliases, {})).toEqual({ aliases: [added] })
    expect(await client.call(listAliases, { domain: 'example.org' })).toEqual({ aliases: [added] })
    await client.call(removeAliasTarget, { address, target: 'b/c@far.example' })
    expect(await client.call(listAliases, {})).toMatchObject({ aliases: [{ targets: ['a@far.example'] }] })
    await client.call(removeAlias, { address })
    expect(await client.call(listAliases, {})).toEqual({ aliases: [] })

    const rules = { catch_all: [address], subaddress: false, separator: '-', subaddress_folders: true }
    expect(await client.call(setDomain, { name: 'example.org', ...rules })).toMatchObject(rules)
    expect(await client.call(setDomain, { name: 'example.org', catch_all: [] })).toMatchObject({ catch_all: [] })
    expect(await client.call(showDomain, { name: 'EXAMPLE.org' })).toMatchObject({ ...rules, catch_all: [], users: 0 })
  } finally {
    await client.close()
  }
})

test('users come in pages, each naming the next', async () => {
  const client = await clients.direct()
  await client.call(addDomain, { name: 'example.org' })
  for (const name of ['a', 'b', 'c']) await client.call(addUser, { address: `${name}@example.org`, password: 'x' })
  await client.call(disableUser, { address: 'b@example.org' })
  const page = async (query: object) => {
    const { users, next } = await client.call(listUsers, query)
    return [users.map(({ address }) => address[0]).join(''), next]
  }
  expect(await page({ limit: 2 })).toEqual(['ab', 'b@example.org'])
  expect(await page({ limit: 2, after: 'B@example.org' })).toEqual(['c', null])
  expect(await page({ limit: 3 })).toEqual(['abc', null])
  expect(await page({ limit: 1, offset: 1, domain: 'EXAMPLE.org' })).toEqual(['b', 'b@example.org'])
  expect(await page({ status: 'active' })).toEqual(['ac', null])
})

test.each(Object.entries(clients))('app passwords and where a user may log in (%s)', async (_, open) => {
  const client = await open()
  try {
    const address = 'alice@example.org'
    await client.call(addDomain, { name: 'example.org' })
    await client.call(addUser, { address, password: 'one' })
    const { password, ...made } = await client.call(addAppPassword, { address, name: 'Büro/1 ?', smtp: false })
    expect(password).toMatch(/^([a-z2-9]{4}-){6}[a-z2-9]{4}$/)
    expect(made).toMatchObject({ name: 'Büro/1 ?', smtp: false, imap: true, last_used: null })
    expect(await client.call(listAppPasswords, { address })).toEqual({ app_passwords: [made] })
    await client.call(revokeAppPassword, { address, name: 'Büro/1 ?' })
    expect(await client.call(listAppPasswords, { address })).toEqual({ app_passwords: [] })
    expect(await client.call(setUser, { address, allow_imap: false })).toMatchObject({
      allow_smtp: true,
      allow_imap: false,
    })
  } finally {
    await client.close()
  }
})

test.each([
  ['GET', '/v1/users/nobody@example.org', undefined, 404, 'no-such-user'],
  ['GET', '/v1/users/nobody', undefined, 400, 'bad-address'],
  ['POST', '/v1/users', { address: 'a@none.test', password: 'x' }, 404, 'no-such-domain'],
  ['POST', '/v1/users', { address: 'a@example.org', password: '' }, 400, 'bad-password'],
  ['POST', '/v1/users', { address: 'a@example.org' }, 400, 'invalid-input'],
  ['POST', '/v1/users', { address: 'a@example.org', password: 'x', extra: 1 }, 400, 'invalid-input'],
  ['POST', '/v1/users', { address: 5, password: 'x' }, 400, 'invalid-input'],
  ['POST', '/v1/users', ['a list'], 400, 'invalid-input'],
  ['POST', '/v1/users', undefined, 400, 'invalid-input'],
  ['PATCH', '/v1/users/a@example.org', { display_name: 'a\u0000b' }, 400, 'bad-display-name'],
  ['PATCH', '/v1/users/a@example.org', { address: 'b@example.org', display_name: 'x' }, 400, 'invalid-input'],
  ['GET', '/v1/users?limit=0', undefined, 400, 'invalid-input'],
  ['GET', '/v1/users?limit=1001', undefined, 400, 'invalid-input'],
  ['GET', '/v1/users?offset=-1', undefined, 400, 'invalid-input'],
  ['GET', '/v1/users?status=gone', undefined, 400, 'invalid-input'],
  ['GET', '/v1/users?after=x', undefined, 400, 'bad-address'],
  ['GET', '/v1/users?domain=none.test', undefined, 404, 'no-such-domain'],
  ['PATCH', '/v1/users/a@example.org', { allow_imap: 'on' }, 400, 'invalid-input'],
  ['GET', '/v1/users/no@example.org/app-passwords', undefined, 404, 'no-such-user'],
  ['POST', '/v1/users/no@example.org/app-passwords', { name: 'x' }, 404, 'no-such-user'],
  ['POST', '/v1/users/no@example.org/app-passwords', { name: '' }, 400, 'bad-app-password-name'],
  ['POST', '/v1/users/no@example.org/app-passwords', { name: 'x', smtp: false, imap: false }, 400, 'bad-access'],
  ['POST', '/v1/users/no@example.org/app-passwords', { name: 'x', password: 'y' }, 400, 'invalid-input'],
  ['POST', '/v1/users/no@example.org/app-passwords', {}, 400, 'invalid-input'],
  ['DELETE', '/v1/users/no@example.org/app-passwords/x', undefined, 404, 'no-such-user'],
  ['DELETE', '/v1/users/no/app-passwords/x', undefined, 400, 'bad-address'],
  ['POST', '/v1/domains', { name: 'example.org' }, 409, 'domain-exists'],
  ['POST', '/v1/domains', { name: 'not a domain' }, 400, 'bad-domain'],
  ['DELETE', '/v1/domains/none.test', undefined, 404, 'no-such-domain'],
  ['GET', '/v1/domains/none.test', undefined, 404, 'no-such-domain'],
  ['PATCH', '/v1/domains/example.org', { separator: 'x' }, 400, 'bad-separator'],
  ['PATCH', '/v1/domains/example.org', { subaddress: 'on' }, 400, 'invalid-input'],
  ['PATCH', '/v1/domains/example.org', { catch_all: ['x'] }, 400, 'bad-address'],
  ['POST', '/v1/aliases', { address: 'a@example.org', targets: [] }, 400, 'invalid-input'],
  ['POST', '/v1/aliases', { address: 'a@none.test', targets: ['b@c.d'] }, 404, 'no-such-domain'],
  ['DELETE', '/v1/aliases/a@example.org', undefined, 404, 'no-such-alias'],
  ['DELETE', '/v1/aliases/a@example.org/targets/b@c.d', undefined, 404, 'no-such-alias'],
  ['GET', '/v1/queue?limit=0', undefined, 400, 'invalid-input'],
  ['GET', '/v1/queue?limit=x', undefined, 400, 'invalid-input'],
  ['GET', '/v1/nothing', undefined, 404, 'no-such-route'],
  ['PUT', '/v1/status', undefined, 404, 'no-such-route'],
] as const)('%s %s %j is refused with %i %s', async (method, url, payload, status, name) => {
  await services.accounts.addDomain('example.org')
  const answer = await app().inject({ method, url, ...(payload === undefined ? {} : { payload: payload as object }) })
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ status, type: `urn:posthorn:problem:${name}` })
  expect(answer.json().detail).not.toBe('')
})

test.each([
  ['half', '{"name":', 'application/json', 400],
  ['large', `{"name":"${'x'.repeat(70_000)}"}`, 'application/json', 413],
  ['form', 'name=example.org', 'application/x-www-form-urlencoded', 415],
  ['text', '{"name":"example.org"}', 'text/plain', 415],
  ['poisoned', '{"__proto__":{"x":1}}', 'application/json', 400],
])('a body that cannot be read is refused: %s', async (_, payload, type, status) => {
  const answer = await app().inject({ method: 'POST', url: '/v1/domains', payload, headers: { 'content-type': type } })
  expect(answer.statusCode).toBe(status)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.json()).toMatchObject({ status })
})

test('invalid input names every field', async () => {
  const answer = await app().inject({ method: 'POST', url: '/v1/users', payload: { adress: 'a@b.c' } })
  expect(answer.json().errors).toEqual([
    expect.stringContaining('address'),
    expect.stringContaining('password'),
    expect.stringContaining('adress'),
  ])
})

test('with a token, nobody gets in without it, and nobody learns what is there', async () => {
  const token = await services.tokens.add('ops')
  const guarded = app(true)
  const ask = (authorization?: string, url = '/v1/users') =>
    guarded.inject({ method: 'GET', url, headers: authorization === undefined ? {} : { authorization } })
  for (const wrong of [
    undefined,
    '',
    token,
    'Bearer',
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token} `,
    `Bearer ${token}s`,
    `Basic ${token}`,
  ])
    for (const url of ['/v1/users', '/v1/nothing']) {
      const answer = await ask(wrong, url)
      expect(answer.statusCode, `${wrong} ${url}`).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="posthorn"')
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    }
  expect((await ask(`Bearer ${token}`)).statusCode).toBe(200)
  expect((await ask(`bearer  ${token}`)).statusCode).toBe(200)
  await services.tokens.revoke('ops')
  expect((await ask(`Bearer ${token}`)).statusCode).toBe(401)
})

test('a fault is logged and tells nobody what it was', async () => {
  const broken = {
    ...services,
    status: () => {
      throw new Error('the secret inner state')
    },
  }
  const faults = recordingLog()
  const answer = await adminApp(broken, { guarded: false, log: faults }).inject({ method: 'GET', url: '/v1/status' })
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('secret')
  expect(faults.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({ error: 'the secret inner state' })
})

test('no password gets into the log', async () => {
  const heard = recordingLog()
  await services.accounts.addDomain('example.org')
  const quiet = adminApp(services, { guarded: false, log: heard })
  const payload = { address: 'a@example.org', password: 'correct horse', more: true }
  await quiet.inject({ method: 'POST', url: '/v1/users', payload })
  await quiet.inject({ method: 'PUT', url: '/v1/users/a@example.org/password', payload: { password: 'correct horse' } })
  expect(heard.lines.length).toBeGreaterThan(0)
  expect(JSON.stringify(heard.lines)).not.toMatch(/horse|a@example/)
})

test('a client says in one line what it was told, also by something that is no Posthorn', async () => {
  const client = await clients.direct()
  await expect(client.call(showUser, { address: 'no@example.org' })).rejects.toEqual(
    new Refused(404, 'there is no user no@example.org'),
  )
  const stranger = fastify()
  stranger.get('/v1/status', (_, reply) => reply.code(502).type('text/html').send('<h1>Bad gateway</h1>'))
  const odd = new DirectClient(stranger, async () => {})
  await expect(odd.call(getStatus, {})).rejects.toThrow('the server answered 502')
  await odd.close()
})

test('tokens are made, listed without what they are, and revoked', async () => {
  const client = await clients.direct()
  const { token } = await client.call(addToken, { name: 'ops' })
  expect(token).toMatch(/^[\w-]{43}$/)
  await expect(client.call(addToken, { name: 'ops' })).rejects.toEqual(new Refused(409, 'there is a token ops already'))
  await expect(client.call(addToken, { name: 'a b' })).rejects.toMatchObject({ status: 400 })
  expect(await client.call(listTokens, {})).toEqual({ tokens: [{ name: 'ops', created_at: expect.any(String) }] })
  await client.call(revokeToken, { name: 'ops' })
  await expect(client.call(revokeToken, { name: 'ops' })).rejects.toEqual(new Refused(404, 'there is no token ops'))
  expect(await client.call(listTokens, {})).toEqual({ tokens: [] })
})

test('sessions are listed, by user too, and ended', async () => {
  await services.accounts.addDomain('example.org')
  for (const name of ['alice', 'bob']) await services.accounts.addUser(`${name}@example.org`, 'correct horse')
  const client = await clients.direct()
  const { sessions } = await client.call(listSessions, {})
  expect(sessions.map(({ id }) => id)).toEqual(['s1', 's2'])
  const since = '1970-01-01T00:00:01.000Z'
  expect(await client.call(listSessions, { user: 'Alice@EXAMPLE.org' })).toEqual({
    sessions: [{ id: 's1', service: 'imaps', client_ip: '192.0.2.7', since, user: 'alice@example.org' }],
  })
  expect(await client.call(listSessions, { user: 'bob@example.org' })).toEqual({ sessions: [] })
  await expect(client.call(listSessions, { user: 'no@example.org' })).rejects.toMatchObject({ status: 404 })
  await client.call(endSession, { id: 's1' })
  await expect(client.call(endSession, { id: 's9' })).rejects.toEqual(new Refused(404, 'there is no session s9'))
  expect(await client.call(endUserSessions, { address: 'alice@example.org' })).toEqual({ ended: 2 })
  expect(ended).toEqual(['s1 kicked', 'alice@example.org kicked'])
})

test('the log level is shown and set, where there is a server', async () => {
  const client = await clients.direct()
  expect(await client.call(showLogLevel, {})).toEqual({ level: 'info' })
  expect(await client.call(setLogLevel, { level: 'debug' })).toEqual({ level: 'debug' })
  expect(logger.level).toBe('debug')
  const put = await app().inject({ method: 'PUT', url: '/v1/log', payload: { level: 'loud' } })
  expect(put.statusCode).toBe(400)
  const offline = adminApp({ ...services, logger: null }, { guarded: false, log })
  const answer = await offline.inject({ method: 'GET', url: '/v1/log' })
  expect(answer.json()).toMatchObject({ type: 'urn:posthorn:problem:not-running', status: 409 })
})

test('the mailboxes of a user have their counters', async () => {
  await services.accounts.addDomain('example.org')
  await services.accounts.addUser('alice@example.org', 'correct horse')
  const client = await clients.direct()
  expect(await client.call(listMailboxes, { address: 'alice@example.org' })).toEqual({
    mailboxes: [
      {
        ...{ name: 'INBOX', special_use: null, subscribed: true, uid_validity: expect.any(Number), uid_next: 1 },
        ...{ messages: 0, unseen: 0, recent: 0, size: 0 },
      },
    ],
  })
  await expect(client.call(listMailboxes, { address: 'no@example.org' })).rejects.toMatchObject({ status: 404 })
})

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: { readonly content: Record<string, { schema: { properties: object } }> }
  readonly responses: Record<string, unknown>
}

test('the OpenAPI description has each route with its path, its fields and its answers', async () => {
  const answer = await app().inject({ method: 'GET', url: '/v1/openapi.json' })
  expect(answer.statusCode).toBe(200)
  const { openapi, paths } = answer.json() as { openapi: string; paths: Record<string, Record<string, Operation>> }
  expect(openapi).toBe('3.1.0')
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  expect(described.sort()).toEqual(served.sort())
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId))
  expect(new Set(ids).size).toBe(routes.length)
  for (const [path, methods] of Object.entries(paths))
    for (const { parameters = [], responses } of Object.values(methods)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect(parameters.filter((p) => p.in === 'path').map(({ name }) => name)).toEqual(wanted)
      expect(responses).toHaveProperty('default')
    }
  expect(
    paths['/v1/users/{address}']?.['patch']?.requestBody?.content['application/json']?.schema.properties,
  ).toHaveProperty('display_name')
  expect(paths['/v1/queue']?.['get']?.parameters).toContainEqual(
    expect.objectContaining({ name: 'limit', in: 'query', required: false }),
  )
})

test.each(Object.entries(clients))('quotas are shown, set, listed and counted anew (%s)', async (_, open) => {
  const client = await open()
  try {
    const address = 'alice@example.org'
    await client.call(addDomain, { name: 'example.org' })
    await client.call(addUser, { address, password: 'x' })
    const usual = { limit_bytes: 1024 ** 3, own_limit_bytes: null, level: 'ok', percentage: 0 }
    expect(await client.call(showQuota, { address: 'ALICE@example.org' })).toMatchObject({ address, ...usual })
    const set = await client.call(setQuota, { address, limit_bytes: 0, limit_messages: 5 })
    expect(set).toMatchObject({ limit_bytes: 0, limit_messages: 5, own_limit_bytes: 0 })
    expect(await client.call(setQuota, { address, limit_bytes: null })).toMatchObject({ ...usual, limit_messages: 5 })
    expect((await client.call(listQuotas, {})).quotas).toMatchObject([{ address }])
    expect((await client.call(listQuotas, { level: '95' })).quotas).toEqual([])
    await client.call(addUser, { address: 'zoe@example.org', password: 'x' })
    const first = await client.call(listQuotas, { limit: 1 })
    expect(first).toMatchObject({ quotas: [{ address }], next: address })
    const second = await client.call(listQuotas, { limit: 1, after: 'ALICE@example.org' })
    expect(second).toMatchObject({ quotas: [{ address: 'zoe@example.org' }], next: null })
    await client.call(removeUser, { address: 'zoe@example.org' })
    expect((await client.call(recalculateQuota, { address })).quotas).toMatchObject([{ address }])
    expect((await client.call(recalculateQuotas, {})).quotas).toHaveLength(1)
    await expect(client.call(setQuota, { address, limit_bytes: -1 })).rejects.toMatchObject({ status: 400 })
    await expect(client.call(listQuotas, { level: '70' })).rejects.toMatchObject({ status: 400 })
    await expect(client.call(showQuota, { address: 'bob@example.org' })).rejects.toMatchObject({ status: 404 })
  } finally {
    await client.close()
  }
})

test('docs/cli.md has each route in its table', async () => {
  const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const documented = [...text.matchAll(/^\| `([A-Z]+ \/v1\S*)` \|/gm)].map(([, route]) => route)
  expect(documented.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
})
