/** Log lines of the admin API. */
import { event } from '../core/log.js'

export const requestAnswered = event<{ method: string; path: string; status: number }>('info', 'Admin request answered')
export const requestDenied = event<{ method: string; client_ip: string }>('warn', 'Admin request without a valid token')
export const requestFault = event<{ method: string; path: string; error: string; stack: string }>(
  'error',
  'Admin request failed',
)
/**
 * An operator has changed what becomes of mail. `filter`: who or what was meant, each as `key=value`; nothing: all. `done`,
 * `claimed` and `unsuited`: recipients, as in the reply of /v1/queue/actions, or the one pause, rule or address.
 */
export const queueControlled = event<{
  action: string
  filter: readonly string[]
  done: number
  claimed: number
  unsuited: number
}>('info', 'Queue controlled')
