/** The admin API as commands use it: one interface, over the control socket or in process. */
import { request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Download } from './download.js'
import type { Method, Route } from './route.js'

export interface AdminClient {
  /** @throws Refused when the server says no, or goes away before it answers */
  call<I, R>(route: Route<I, R>, input: I): Promise<R>
  /** The octets of a Download as they come. @throws Refused, now or out of the stream */
  download<I>(route: Route<I, Download>, input: I): Promise<AsyncIterable<Buffer>>
  close(): Promise<void>
}

/** What was asked for was not done; the message says why in one line. `status` is 0 when there was no answer. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.name = 'Refused'
    this.status = status
  }
}

interface Request {
  readonly method: Method
  readonly path: string
  readonly body: string | null
}

interface Response {
  readonly status: number
  readonly body: string
}

/** A response whose body is still to come. */
interface Opened {
  readonly status: number
  readonly octets: AsyncIterable<Buffer>
}

/** Talks to a server that runs, through its control socket. */
export class SocketClient implements AdminClient {
  readonly #socketPath: string

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  async call<I, R>(route: Route<I, R>, input: I): Promise<R> {
    return resultOf(route, await this.#send(requestFor(route, input)))
  }

  async download<I>(route: Route<I, Download>, input: I): Promise<AsyncIterable<Buffer>> {
    return octetsOf(route, await this.#open(requestFor(route, input)))
  }

  async close(): Promise<void> {}

  async #send(what: Request): Promise<Response> {
    const { status, octets } = await this.#open(what)
    return { status, body: await textOf(octets) }
  }

  #open({ method, path, body }: Request): Promise<Opened> {
    const gone = ({ message }: Error): Refused =>
      new Refused(0, `the server at ${this.#socketPath} went away before it answered: ${message}`)
    return new Promise((resolve, reject) => {
      const headers =
        body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const sent = request({ socketPath: this.#socketPath, method, path, headers, agent: false }, (response) => {
        resolve({ status: response.statusCode ?? 0, octets: orElse(response, gone) })
      })
      sent.on('error', (error) => reject(gone(error)))
      sent.end(body ?? undefined)
    })
  }
}

/** Works on data that no server has open: the same application, asked in process. */
export class DirectClient implements AdminClient {
  readonly #app: FastifyInstance
  readonly #release: () => Promise<void>

  /** `release` closes what the application works on. */
  constructor(app: FastifyInstance, release: () => Promise<void>) {
    this.#app = app
    this.#release = release
  }

  async call<I, R>(route: Route<I, R>, input: I): Promise<R> {
    const { method, path, body } = requestFor(route, input)
    const payload = body === null ? {} : { payload: body, headers: { 'content-type': 'application/json' } }
    const { statusCode, payload: answer } = await this.#app.inject({ method, url: path, ...payload })
    return resultOf(route, { status: statusCode, body: answer })
  }

  async download<I>(route: Route<I, Download>, input: I): Promise<AsyncIterable<Buffer>> {
    const { method, path } = requestFor(route, input)
    const answer = await this.#app.inject({ method, url: path, payloadAsStream: true })
    const gone = (error: Error): Refused => new Refused(0, error.message)
    return octetsOf(route, { status: answer.statusCode, octets: orElse(answer.stream(), gone) })
  }

  async close(): Promise<void> {
    await this.#app.close()
    await this.#release()
  }
}

/** Fields named in the path go there; the others into the query or the body, as `Row.path` has it. */
function requestFor<I, R>(route: Route<I, R>, input: I): Request {
  const rest = new Map(Object.entries(input as object).filter(([, value]) => value !== undefined))
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest.get(name))
    rest.delete(name)
    return encodeURIComponent(value)
  })
  if (route.method === 'GET' || route.method === 'DELETE') {
    const query = new URLSearchParams()
    for (const [name, value] of rest) query.set(name, String(value))
    return { method: route.method, path: query.size === 0 ? path : `${path}?${query}`, body: null }
  }
  return { method: route.method, path, body: rest.size === 0 ? null : JSON.stringify(Object.fromEntries(rest)) }
}

/** What goes wrong on the way, in the words of `gone`. */
async function* orElse(octets: AsyncIterable<Buffer>, gone: (error: Error) => Refused): AsyncGenerator<Buffer> {
  try {
    yield* octets
  } catch (error) {
    throw gone(error instanceof Error ? error : new Error(String(error)))
  }
}

async function textOf(octets: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of octets) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

async function octetsOf<I>(route: Route<I, Download>, { status, octets }: Opened): Promise<AsyncIterable<Buffer>> {
  if (status === route.success) return octets
  throw refused(status, readJson(await textOf(octets)))
}

const refusal = z.object({ detail: z.string() })

function resultOf<I, R>(route: Route<I, R>, { status, body }: Response): R {
  const answer = readJson(body)
  const result = status === route.success ? route.reply.safeParse(answer) : null
  if (result?.success) return result.data
  throw refused(status, answer)
}

function refused(status: number, answer: unknown): Refused {
  const said = refusal.safeParse(answer)
  const unknown = `the server answered ${status} with nothing that is known here`
  return new Refused(status, said.success ? said.data.detail : unknown)
}

/** undefined for what is no JSON. */
function readJson(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body)
  } catch {
    return undefined
  }
}
