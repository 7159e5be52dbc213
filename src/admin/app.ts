/** The admin API over HTTP: finds the row, answers with JSON, and says no as RFC 9457 has it. */
import { Readable } from 'node:stream'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { serverLimits, smtpLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { Download } from './download.js'
import { requestAnswered, requestDenied, requestFault } from './events.js'
import { openApi } from './openapi.js'
import { type Problem, problem, problemOf } from './problem.js'
import { type AdminServices, InvalidInput, type Row } from './route.js'
import { routes } from './table.js'
import type { Tokens } from './token-file.js'
import { answerUnreadable } from './unreadable.js'

export interface AdminAppOptions {
  /** True: `Authorization: Bearer` must carry a token (RFC 6750 §2.1). False where only the owner of the data gets in. */
  readonly guarded: boolean
  readonly log: Log
}

/** An address in a path, each octet of which may be written as three: RFC 5321 §4.5.3.1. */
const LONGEST_PARAMETER = 3 * (smtpLimits.localPart + 1 + smtpLimits.domain)

/** Not listening yet. The same application answers on control.sock, on the admin port and in process. */
export function adminApp(services: AdminServices, { guarded, log }: AdminAppOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: serverLimits.adminRequestOctets,
    requestTimeout: 30_000,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, log),
    clientErrorHandler: answerUnreadable,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
  })
  app.removeContentTypeParser('text/plain')
  if (guarded) app.addHook('onRequest', requireToken(services.tokens, log))
  for (const row of routes) app.route({ method: row.method, url: row.path, handler: handlerOf(row, services, log) })
  app.get('/v1/openapi.json', async () => openApi(routes, services.status().version))
  app.setNotFoundHandler((_request, reply) =>
    send(reply, problem('no-such-route', 404, 'No such route', 'There is nothing at this path with this method')),
  )
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log))
  app.addHook('onResponse', async (request, reply) => {
    requestAnswered(log, { method: request.method, path: pathOf(request), status: reply.statusCode })
  })
  return app
}

const handlerOf =
  (row: Row, services: AdminServices, log: Log) => async (request: FastifyRequest, reply: FastifyReply) => {
    const answer = await row.answer(services, inputOf(request), log)
    reply.code(row.success)
    return answer instanceof Download
      ? reply.headers({ ...answer.headers }).send(Readable.from(answer.octets))
      : reply.send(answer)
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

function requireToken(tokens: Tokens, log: Log) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token !== undefined && tokens.nameOf(token) !== null) return
    requestDenied(log, { method: request.method, client_ip: request.ip })
    reply.header('www-authenticate', 'Bearer realm="posthorn"')
    return send(
      reply,
      problem(
        'unauthorized',
        401,
        'A valid token is needed',
        'Send one as "Authorization: Bearer …"; "posthorn token add NAME" makes one',
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
