/** The header of a transcript: what the world must look like before its first line. */
import { imapLimits, smtpLimits, storeLimits } from '../src/core/limits.js'

export type Service = 'smtp' | 'submission' | 'submissions' | 'lmtp' | 'imap' | 'imaps'

const SERVICES: readonly Service[] = ['smtp', 'submission', 'submissions', 'lmtp', 'imap', 'imaps']

/** How far a connection has come before the first line, in the order in which the states are reached. */
const SMTP_STATES = ['greeting', 'connected', 'greeted', 'secured', 'auth'] as const
const IMAP_STATES = ['greeting', 'connected', 'secured', 'auth', 'selected'] as const
export type SmtpState = (typeof SMTP_STATES)[number]
export type ImapState = (typeof IMAP_STATES)[number]

export const isImap = (service: Service): service is 'imap' | 'imaps' => service === 'imap' || service === 'imaps'

/** One connection as the transcript finds it. */
export interface Start {
  readonly service: Service
  readonly state: SmtpState | ImapState
  /** The user that it logs in as, where its state needs one. */
  readonly user: string
}

const MAILBOXES = ['Archive', 'Drafts', 'Sent', 'Spam', 'Trash'] as const

const LIMITS = { smtp: smtpLimits, imap: imapLimits, store: storeLimits } as const
type Limited = keyof typeof LIMITS

export interface Header {
  readonly rfc: string
  /** IMAP capabilities and EHLO keywords without which the transcript is skipped. */
  readonly needs: readonly string[]
  readonly connections: readonly Start[]
  /** Local parts; the first one owns the mailbox that `messages` and `mbox` fill. */
  readonly users: readonly string[]
  readonly disabled: readonly string[]
  /** Users that may log in by one protocol alone. */
  readonly access: readonly { readonly user: string; readonly only: 'smtp' | 'imap' }[]
  /** Users that may write as everybody. */
  readonly sendAsAny: readonly string[]
  /** Each with one target; both may leave the domain out. */
  readonly aliases: readonly { readonly address: string; readonly target: string }[]
  /** Domains of ours beside the users'. */
  readonly domains: readonly string[]
  /** Rules of the users' domain that differ. */
  readonly domainRules: DomainRules
  /** Made messages in the INBOX. */
  readonly messages: number
  /** Mailboxes that every user has beside INBOX, empty: of those that a user of ours begins with. */
  readonly mailboxes: readonly string[]
  /** Fixtures in the INBOX, behind the made ones. */
  readonly mbox: readonly string[]
  /** Limits that differ, by family and name. */
  readonly limits: { readonly [F in Limited]: Readonly<Record<string, number>> }
  readonly bareNewline: 'reject' | 'normalise'
  /** What users may keep; 0: no limit. */
  readonly quotas: readonly {
    readonly user: string
    readonly resource: 'octets' | 'messages'
    readonly limit: number
  }[]
  /** Users who may set quotas. */
  readonly administrators: readonly string[]
  readonly quotaReply: 'permanent' | 'temporary'
  readonly eightBitHeader: 'accept' | 'reject'
  /** Of use for what depends on which octets arrive together: it is played uncut alone. */
  readonly uncut: boolean
}

export interface DomainRules {
  readonly catchAll: string | null
  readonly subaddress: boolean
  readonly separator: string
  readonly folders: boolean
}

const KEYS = [
  'rfc',
  'needs',
  'service',
  'state',
  'as',
  'connections',
  'users',
  'disabled',
  'access',
  'send-as-any',
  'aliases',
  'domains',
  'domain-rules',
  'messages',
  'mailboxes',
  'mbox',
  'limits',
  'bare-newline',
  'quotas',
  'administrators',
  'quota-reply',
  'eight-bit-header',
  'cut',
]

/** One of those that `rfc:` lists; appendices have letters: `RFC 5321 §D.4`. */
const CITATION = /^(?:RFC \d{3,5}(?: §(?:\d{1,2}|[A-Z])(?:\.\d{1,2})*)?|requirement §\d+(?:\.\d+)*|decision \d+)$/

/** @throws Error that says what is wrong, without the place */
export function readHeader(fields: ReadonlyMap<string, string>, family: 'smtp' | 'imap'): Header {
  for (const key of fields.keys()) if (!KEYS.includes(key)) throw new Error(`unknown header key "${key}"`)
  const words = (key: string): string[] => (fields.get(key) ?? '').split(/[\s,]+/).filter((word) => word !== '')
  const rfc = fields.get('rfc') ?? ''
  if (!rfc.split(', ').every((one) => CITATION.test(one)))
    throw new Error(
      'the header needs "rfc: RFC 3501 §6.4.5", "requirement §1.1" or "decision 8", or several with commas',
    )
  const users = words('users').length > 0 ? words('users') : ['alice']
  return {
    rfc,
    needs: words('needs'),
    connections: readConnections(words, fields, family, users),
    users,
    disabled: words('disabled'),
    access: words('access').map(readAccess),
    sendAsAny: words('send-as-any'),
    aliases: words('aliases').map(readAlias),
    domains: words('domains'),
    domainRules: readDomainRules(words('domain-rules')),
    messages: count(fields.get('messages') ?? '0', 'messages'),
    mailboxes: words('mailboxes').map((name) => oneOf(name, MAILBOXES, 'mailboxes')),
    mbox: words('mbox'),
    limits: readLimits(words('limits')),
    bareNewline: oneOf(fields.get('bare-newline') ?? 'reject', ['reject', 'normalise'] as const, 'bare-newline'),
    quotas: words('quotas').map(readQuota),
    administrators: words('administrators'),
    quotaReply: oneOf(fields.get('quota-reply') ?? 'permanent', ['permanent', 'temporary'] as const, 'quota-reply'),
    eightBitHeader: oneOf(
      fields.get('eight-bit-header') ?? 'accept',
      ['accept', 'reject'] as const,
      'eight-bit-header',
    ),
    uncut: oneOf(fields.get('cut') ?? 'all', ['all', 'none'] as const, 'cut') === 'none',
  }
}

function readAccess(word: string): Header['access'][number] {
  const [, user, only] = /^(.+)=(smtp|imap)$/.exec(word) ?? []
  if (user === undefined || (only !== 'smtp' && only !== 'imap'))
    throw new Error(`access: "${word}" is not like carol=imap`)
  return { user, only }
}

function readQuota(word: string): Header['quotas'][number] {
  const [, user, messages, limit] = /^(\w+)(\.messages)?=(\w+)$/.exec(word) ?? []
  if (user === undefined || limit === undefined)
    throw new Error(`quotas: "${word}" is not like alice=64KiB or alice.messages=10`)
  return { user, resource: messages === undefined ? 'octets' : 'messages', limit: quantity(limit) }
}

function readAlias(word: string): Header['aliases'][number] {
  const [, address, target] = /^([^>]+)>([^>]+)$/.exec(word) ?? []
  if (address === undefined || target === undefined) throw new Error(`aliases: "${word}" is not like sales>alice`)
  return { address, target }
}

function readDomainRules(words: readonly string[]): DomainRules {
  const rules = new Map([
    ['catch-all', ''],
    ['subaddress', 'on'],
    ['separator', '+'],
    ['folders', 'off'],
  ])
  for (const word of words) {
    const [, name = '', value = ''] = /^([a-z-]+)=(.+)$/.exec(word) ?? []
    if (!rules.has(name)) throw new Error(`domain-rules: "${word}" is no rule such as catch-all=alice`)
    rules.set(name, value)
  }
  return {
    catchAll: rules.get('catch-all') || null,
    subaddress: rules.get('subaddress') === 'on',
    separator: rules.get('separator') ?? '+',
    folders: rules.get('folders') === 'on',
  }
}

/** Each list has one word for each connection; the last one counts for all that follow. */
function readConnections(
  words: (key: string) => string[],
  fields: ReadonlyMap<string, string>,
  family: 'smtp' | 'imap',
  users: readonly string[],
): Start[] {
  const [services, states, as] = [words('service'), words('state'), words('as')]
  const n = Math.max(count(fields.get('connections') ?? '1', 'connections'), services.length, states.length, as.length)
  return Array.from({ length: n }, (_, i) => {
    const state = at(states, i) ?? 'connected'
    const service = oneOf(at(services, i) ?? defaultService(family, state), SERVICES, 'service')
    const possible: readonly (SmtpState | ImapState)[] = isImap(service) ? IMAP_STATES : SMTP_STATES
    const user = at(as, i) ?? users[0] ?? ''
    if (!users.includes(user)) throw new Error(`there is no user "${user}"`)
    return { service, state: oneOf(state, possible, 'state'), user }
  })
}

const at = (list: readonly string[], i: number): string | undefined => list[i] ?? list.at(-1)

/** What is behind a login needs TLS. */
function defaultService(family: 'smtp' | 'imap', state: string): Service {
  const loggedIn = ['auth', 'selected'].includes(state)
  if (family === 'imap') return loggedIn ? 'imaps' : 'imap'
  return loggedIn ? 'submissions' : 'smtp'
}

function oneOf<T extends string>(word: string, possible: readonly T[], key: string): T {
  const found = possible.find((one) => one === word)
  if (found === undefined) throw new Error(`${key}: "${word}" is none of ${possible.join(', ')}`)
  return found
}

function count(text: string, key: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`${key}: "${text}" is not a number`)
  return Number(text)
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  KiB: 1024,
  MiB: 1024 ** 2,
}

/** `29m`, `64KiB`, `1000`. */
export function quantity(text: string): number {
  const [, digits, unit = ''] = /^(\d+)(s|m|h|d|KiB|MiB|)$/.exec(text) ?? []
  if (digits === undefined) throw new Error(`"${text}" is no quantity such as 1000, 29m or 64KiB`)
  return Number(digits) * (UNITS[unit] ?? 1)
}

const isLimited = (family: string): family is Limited => Object.hasOwn(LIMITS, family)

function readLimits(words: readonly string[]): Header['limits'] {
  const limits: { readonly [F in Limited]: Record<string, number> } = { smtp: {}, imap: {}, store: {} }
  for (const word of words) {
    const [, family = '', name = '', value = ''] = /^(\w+)\.(\w+)=(\w+)$/.exec(word) ?? []
    if (!isLimited(family) || !Object.hasOwn(LIMITS[family], name))
      throw new Error(`limits: "${word}" is no limit such as smtp.maxMessageSize=1000`)
    limits[family][name] = quantity(value)
  }
  return limits
}

/** Limits that are tighter than ours are, by name: a wider one asks nothing of another server. */
export const tighterLimits = ({ limits }: Header): string[] =>
  Object.entries(limits).flatMap(([family, changed]) => {
    const usual: Readonly<Record<string, number>> = isLimited(family) ? LIMITS[family] : {}
    return Object.keys(changed).filter((name) => (changed[name] ?? 0) < (usual[name] ?? 0))
  })

/** Whether nothing but requirements and decisions of ours is shown: another server need not do so. */
export const isOwn = ({ rfc }: Header): boolean => !rfc.split(/, */).some((citation) => citation.startsWith('RFC '))
