/** The routes of the configuration with the passwords that it only names the files of. */
import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import type { RouteConfig } from '../core/config.js'
import { queueLimits } from '../core/limits.js'
import type { Route } from '../queue/routes.js'
import { reasonOf, StartupError } from './errors.js'

/** @throws StartupError that names the file */
export function readRoutes(routes: readonly RouteConfig[]): Promise<readonly Route[]> {
  return Promise.all(
    routes.map(async ({ domain, host, port, tls, login, perMinute, connections }) => {
      const credentials =
        login === null ? null : { user: login.user, password: await readPassword(login.passwordFile, domain) }
      return { domain, host, port, settings: { tls, credentials, perMinute, connections } }
    }),
  )
}

async function readPassword(path: string, domain: string): Promise<string> {
  const failure = (why: string, cause?: unknown): StartupError =>
    new StartupError(`cannot read the password of the route for ${domain}, ${path}: ${why}`, cause)
  const octets = await readStart(path).catch((error: unknown) => {
    throw failure(reasonOf(error), error)
  })
  const password = octets.toString('utf8').replace(/\r?\n$/, '')
  if (octets.length > queueLimits.passwordFile) throw failure(`it is larger than ${queueLimits.passwordFile} octets`)
  if (password === '') throw failure('it is empty')
  if (!isUtf8(octets) || /\p{Cc}/u.test(password)) throw failure('it must be one line of text')
  return password
}

/** No more than is needed to see that it is too large. */
async function readStart(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(queueLimits.passwordFile + 1))
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
