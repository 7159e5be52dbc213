import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { adminApp } from './app.js'
import type { AdminServices } from './route.js'

const log = recordingLog()
/** Nothing that is asked here reaches them. */
const services = {} as AdminServices
const app = adminApp(services, { guarded: false, log })
let port = 0

beforeAll(async () => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.server.address() as AddressInfo).port
})
beforeEach(() => {
  log.lines.length = 0
})
afterAll(() => app.close())

/** @returns status, content type and problem of the one answer to these octets */
async function answerTo(octets: string): Promise<readonly [string | undefined, string | undefined, unknown]> {
  const socket = connect(port, '127.0.0.1')
  socket.write(octets)
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  return [/^HTTP\/1.1 (\d+)/.exec(head)?.[1], /content-type: (\S+)/i.exec(head)?.[1], JSON.parse(body)]
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: posthorn\r\nConnection: close\r\n\r\n`

test.each([
  ['a path that is no UTF-8', get('/v1/users/%ff'), 400, 'percent-encoding'],
  ['half an escape', get('/v1/users/%4'), 400, 'percent-encoding'],
  ['an endless name', get(`/v1/users/${'x'.repeat(3000)}`), 414, 'longer than any name'],
  ['endless fields', get(`/v1/users?domain=${'x'.repeat(20_000)}`), 431, 'too long'],
  ['no HTTP', 'EHLO there\r\n\r\n', 400, 'not an HTTP request'],
])('%s is refused as RFC 9457 has it, without its own words in the answer', async (_, octets, status, words) => {
  const [code, type, problem] = await answerTo(octets)
  expect(code).toBe(String(status))
  expect(type).toBe('application/problem+json;')
  expect(problem).toMatchObject({ status, type: 'about:blank', detail: expect.stringContaining(words) })
  expect(JSON.stringify(problem).length).toBeLessThan(300)
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
})
