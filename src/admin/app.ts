/** The admin API over HTTP: finds the row, answers with JSON, and says no as RFC 9457 has it. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { serverLimits, smtpLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { requestAnswered, requestDenied, requestFault } from './events.js'
import { type Problem, problem, problemOf } from './problem.js'
import { type AdminServices, InvalidInput, type Row } from './route.js'
import { routes } from './table.js'

export interface AdminAppOptions {
  /** What `Authorization: Bearer` must carry (RFC 6750 §2.1); null where only the owner of the data gets in. */
  readonly token: string | null
  readonly log: Log
}

/** An address in a path, each octet of which may be written as three: RFC 5321 §4.5.3.1. */
const LONGEST_PARAMETER = 3 * (smtpLimits.localPart + 1 + smtpLimits.domain)

/** Not listening yet. The same application answers on control.sock, on the admin port and in process. */
export function adminApp(services: AdminServices, { token, log }: AdminAppOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: serverLimits.adminRequestOctets,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
  })
  app.removeContentTypeParser('text/plain')
  if (token !== null) app.addHook('onRequest', requireToken(token, log))
  for (const row of routes) app.route({ method: row.method, url: row.path, handler: handlerOf(row, services) })
  app.setNotFoundHandler((_request, reply) =>
    send(reply, problem('no-such-route', 404, 'No such route', 'There is nothing at this path with this method')),
  )
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log))
  app.addHook('onResponse', async (request, reply) => {
    requestAnswered(log, { method: request.method, path: pathOf(request), status: reply.statusCode })
  })
  return app
}

const handlerOf = (row: Row, services: AdminServices) => async (request: FastifyRequest, reply: FastifyReply) => {
  const answer = await row.answer(services, inputOf(request))
  return reply.code(row.success).send(answer)
}

/** Query, body and path as one object; a field that two of them give is nobody's. */
function inputOf({ query, body, params }: FastifyRequest): object {
  const input: Record<string, unknown> = {}
  for (const part of [query, body ?? {}, params]) {
    if (typeof part !== 'object' || part === null || Array.isArray(part))
      throw new InvalidInput(['the body must be a JSON object'])
    for (const [name, value] of Object.entries(part)) {
      if (Object.hasOwn(input, name)) throw new InvalidInput([`${name}: given twice`])
      input[name] = value
    }
  }
  return input
}

/** Digests are compared, so that neither time nor length tells how much of a guess was right. */
function requireToken(token: string, log: Log) {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const wanted = digest(`bearer ${token}`)
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const given = (request.headers.authorization ?? '').replace(/^bearer +/i, 'bearer ')
    if (timingSafeEqual(digest(given), wanted)) return
    requestDenied(log, { method: request.method, client_ip: request.ip })
    reply.header('www-authenticate', 'Bearer realm="posthorn"')
    return send(
      reply,
      problem(
        'unauthorized',
        401,
        'A valid token is needed',
        'Send the token of the file admin.token in the data folder as "Authorization: Bearer …"',
      ),
    )
  }
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const known = problemOf(error)
  if (known !== null) return send(reply, known)
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  requestFault(log, { method: request.method, path: pathOf(request), error: message, stack: stack ?? '' })
  return send(reply, problem('fault', 500, 'Internal error', 'The server failed; its log says more'))
}

/** The pattern, not what stands in it: the log need not know who was asked for. */
const pathOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unknown'

const send = (reply: FastifyReply, { status, ...rest }: Problem): FastifyReply =>
  reply
    .code(status)
    .type('application/problem+json')
    .send({ status, ...rest })
