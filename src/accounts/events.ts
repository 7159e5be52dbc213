/** The log lines of accounts: words and fields of the requirement document, §1.5. */
import { event } from '../core/log.js'
import type { AuthMethod } from './contracts.js'

export const authenticationStart = event<{
  email: string
  ip_address: string
  auth_method: AuthMethod
  request_id: string
  session_id: string
}>('trace', 'Authentication attempt start')

export const authenticationSuccessful = event<{
  user_id: number
  email: string
  ip_address: string
  auth_method: AuthMethod
  session_id: string
  duration_ms: number
}>('info', 'Successful authentication')

export const wrongPassword = event<{
  email: string
  ip_address: string
  auth_method: AuthMethod
  error: 'invalid_credentials'
  session_id: string
}>('warn', 'Failed authentication - wrong password')

export const disabledUser = event<{
  user_id: number
  email: string
  ip_address: string
  status: 'inactive'
  session_id: string
}>('warn', 'Failed authentication - disabled user')

export const userNotFound = event<{
  email: string
  ip_address: string
  error: 'user_not_found'
  session_id: string
}>('error', 'Failed authentication - user not found')

export const passwordHashed = event<{ user_id: number; bcrypt_cost: number; duration_ms: number }>(
  'debug',
  'Password hash generation',
)

/** Not in the document: an attempt that was not looked at (decision 11). */
export const authenticationRefused = event<{
  email: string
  ip_address: string
  reason: 'too_many_failures' | 'busy'
  session_id: string
}>('warn', 'Authentication refused for a while')

/** Not in the document: the right password, and the user or the app password is not for this protocol. */
export const protocolNotAllowed = event<{
  user_id: number
  email: string
  ip_address: string
  auth_method: AuthMethod
  protocol: 'smtp' | 'imap'
  session_id: string
}>('warn', 'Failed authentication - protocol not allowed')

/** Not in the document: the login stands, its time could not be written. */
export const loginNotRecorded = event<{ user_id: number; error: string; session_id: string }>(
  'error',
  'Login time not recorded',
)

/** Not in the document: the key of the data folder is not the one that sealed it, or the row was changed. */
export const secretUnreadable = event<{ user_id: number; session_id: string }>(
  'error',
  'Sealed secret of a user cannot be opened',
)

/** Not in the document: somebody may stand between the client and us, and leave out or exchange what we offer. */
export const channelBindingRefused = event<{
  email: string
  ip_address: string
  auth_method: AuthMethod
  session_id: string
}>('warn', 'Failed authentication - channel binding does not fit')

/** Not in the document: it is tried again. */
export const quotaWarningFailed = event<{ email: string; error: string }>('error', 'Quota warning failed')
