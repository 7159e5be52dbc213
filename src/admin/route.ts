/** What a row of the admin API is: the one description that server, client and documentation read. */
import type { ZodType } from 'zod'
import type { SessionDesk } from '../accounts/presence.js'
import type { AccountService } from '../accounts/service.js'
import type { Level, Log } from '../core/log.js'
import type { ControlStore, Store } from '../store/store.js'
import type { Status } from './status.js'
import type { Tokens } from './token-file.js'

/** What the handlers work on. */
export interface AdminServices {
  readonly accounts: AccountService
  readonly store: Pick<
    Store,
    | 'check'
    | 'repair'
    | 'backup'
    | 'collectGarbage'
    | 'listMailboxes'
    | 'mailboxStatus'
    | 'findMailbox'
    | 'attachments'
    | 'openAttachment'
  > &
    ControlStore
  readonly sessions: SessionDesk
  readonly tokens: Tokens
  /** null where no server runs. */
  readonly logger: { level: Level } | null
  readonly status: () => Status
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface Spec<I, R> {
  readonly method: Method
  /** `:name` takes the field of that name out of the input; the others go into the query (GET, DELETE) or the body. */
  readonly path: string
  readonly summary: string
  readonly success: 200 | 201 | 204
  readonly input: ZodType<I>
  readonly reply: ZodType<R>
  readonly run: (services: AdminServices, input: I) => Promise<R>
  /** Writes down in the log what was done. */
  readonly note?: (log: Log, input: I, reply: R) => void
}

/** A row whose input type has been closed over, so that rows of different types fit one table. */
export interface Row extends Pick<Spec<never, unknown>, 'method' | 'path' | 'summary' | 'success'> {
  readonly input: ZodType
  readonly reply: ZodType
  /** @throws InvalidInput; what the services refuse */
  readonly answer: (services: AdminServices, raw: unknown, log: Log) => Promise<unknown>
}

export interface Route<I, R> extends Row {
  readonly input: ZodType<I>
  readonly reply: ZodType<R>
}

/** A request that is not what the row asks for. Each of `issues` names the field. */
export class InvalidInput extends Error {
  readonly issues: readonly string[]

  constructor(issues: readonly string[]) {
    super(issues.join('; '))
    this.name = 'InvalidInput'
    this.issues = issues
  }
}

export function route<I, R>({ run, note, ...spec }: Spec<I, R>): Route<I, R> {
  return {
    ...spec,
    async answer(services, raw, log) {
      const parsed = spec.input.safeParse(raw)
      if (parsed.success) {
        const reply = await run(services, parsed.data)
        note?.(log, parsed.data, reply)
        return reply
      }
      throw new InvalidInput(
        parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
      )
    },
  }
}
