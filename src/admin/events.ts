/** Log lines of the admin API. */
import { event } from '../core/log.js'

export const requestAnswered = event<{ method: string; path: string; status: number }>('info', 'Admin request answered')
export const requestDenied = event<{ method: string; client_ip: string }>('warn', 'Admin request without a valid token')
export const requestFault = event<{ method: string; path: string; error: string; stack: string }>(
  'error',
  'Admin request failed',
)
