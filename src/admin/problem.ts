/** Every way in which the admin API says no, as RFC 9457 has it. */
import { AccountError, type AccountRefusal } from '../accounts/errors.js'
import { CareError, type CareRefusal } from '../store/care.js'
import { StoreError, type StoreRefusal } from '../store/errors.js'
import { AdminError, type AdminRefusal } from './errors.js'
import { InvalidInput } from './route.js'

/** RFC 9457 §3.1. `errors` names each field that is wrong (§3, extension member). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: readonly string[]
}

const STATUS: { readonly [R in AccountRefusal | AdminRefusal | CareRefusal]: readonly [number, string] } = {
  'bad-address': [400, 'Not an address'],
  'bad-domain': [400, 'Not a domain'],
  'bad-password': [400, 'Not an acceptable password'],
  'bad-display-name': [400, 'Not an acceptable display name'],
  'bad-separator': [400, 'Not an acceptable separator'],
  'bad-app-password-name': [400, 'Not an acceptable name'],
  'bad-access': [400, 'Not an acceptable use'],
  'no-such-domain': [404, 'No such domain'],
  'no-such-user': [404, 'No such user'],
  'no-such-alias': [404, 'No such alias'],
  'no-such-target': [404, 'No such target'],
  'no-such-app-password': [404, 'No such app password'],
  'app-password-exists': [409, 'The app password exists'],
  'too-many-app-passwords': [409, 'Too many app passwords'],
  'domain-exists': [409, 'The domain exists'],
  'domain-not-empty': [409, 'The domain has users or aliases'],
  'user-exists': [409, 'The user exists'],
  'alias-exists': [409, 'The alias exists'],
  'too-many-targets': [409, 'Too many targets'],
  'no-such-session': [404, 'No such session'],
  'no-such-mailbox': [404, 'No such mailbox'],
  'no-such-token': [404, 'No such token'],
  'no-such-message': [404, 'No such message'],
  'no-such-transcript': [404, 'No such transcript'],
  'token-exists': [409, 'The token exists'],
  'too-many-tokens': [409, 'Too many tokens'],
  'not-running': [409, 'No server runs'],
  busy: [409, 'Something else is under way'],
  'unusable-folder': [409, 'The folder cannot be used'],
  damaged: [409, 'The data is damaged'],
  disk: [503, 'The disk refuses'],
  unavailable: [503, 'The store is not available'],
}

/** Those that a service above the store does not put into its own words; any other is a fault here. */
const STORE_STATUS: { readonly [R in StoreRefusal]?: readonly [number, string] } = {
  'no-such-mailbox': STATUS['no-such-mailbox'],
  'no-such-message': [404, 'No such message or attachment'],
  'no-such-destination': [404, 'The destination is not paused'],
  'too-many-pauses': [409, 'Too many destinations are paused'],
  'no-such-hold-rule': [404, 'No such hold rule'],
  'hold-rule-exists': [409, 'The hold rule exists'],
  'too-many-hold-rules': [409, 'Too many hold rules'],
  'no-such-address': [404, 'No such address'],
  unavailable: STATUS.unavailable,
}

export const problem = (name: string, status: number, title: string, detail: string): Problem => ({
  type: `urn:posthorn:problem:${name}`,
  title,
  status,
  detail,
})

/** null for a fault of ours: what it says is for the log. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof InvalidInput)
    return { ...problem('invalid-input', 400, 'The request is not valid', error.message), errors: error.issues }
  if (error instanceof AccountError || error instanceof AdminError || error instanceof CareError)
    return problem(error.refusal, ...STATUS[error.refusal], error.message)
  const refused = error instanceof StoreError ? STORE_STATUS[error.refusal] : undefined
  if (error instanceof StoreError && refused !== undefined) return problem(error.refusal, ...refused, error.message)
  return ofHttp(error)
}

/** Where the words of the HTTP layer do not say what to do, or repeat what was sent. */
const HTTP_DETAILS: { readonly [code: string]: string } = {
  FST_ERR_BAD_URL: 'the path is not UTF-8 in percent-encoding',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the path is longer than any name or address',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send JSON, with "Content-Type: application/json"',
}

/** What the HTTP layer refuses: a body that is too large or is no JSON, a wrong content type. */
function ofHttp(error: unknown): Problem | null {
  const { statusCode, code, message } = error as { statusCode?: unknown; code?: unknown; message?: unknown }
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return null
  const detail = HTTP_DETAILS[String(code)] ?? String(message)
  return { type: 'about:blank', title: 'The request is not valid', status: statusCode, detail }
}
