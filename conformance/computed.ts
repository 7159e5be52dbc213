/** Islands that are computed from others: what a client of CRAM-MD5 or SCRAM-SHA-256 says, and what it expects. */
import { cramAnswer, type Login, type ScramEnd, type ScramStart, scramFinal, scramFirst } from './sasl-client.js'

type Known = ReadonlyMap<string, string>
type Compute = (known: Known, words: readonly string[]) => string

/** The client's part of the nonce: chance has no place in a transcript. */
const NONCE = 'nonce.of.the.transcript'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
/** `e` is not a flag of GS2: it stands for `p` with the other type of binding. */
const HEADERS: { readonly [flag: string]: string } = { p: 'p=tls-exporter,,', e: 'p=tls-server-end-point,,' }
const headerOf = (flag: string): string => HEADERS[flag] ?? `${flag},,`

function captured(known: Known, name: string): string {
  const value = known.get(name)
  if (value === undefined) throw new Error(`{{${name}}} has not been captured`)
  return value
}

const decoded = (known: Known, name: string): Buffer => Buffer.from(captured(known, name), 'base64')

/** `alice`, or `alice:another password`; somebody who is not there has the domain behind the name. */
function loginOf(known: Known, word: string): Login {
  const [user = '', password = known.get(`${user}_password`) ?? ''] = word.split(':')
  return { username: known.get(`${user}_name`) ?? known.get(user) ?? `${user}@${known.get('domain') ?? ''}`, password }
}

const startOf = (login: Login, flag: string): ScramStart => ({
  username: login.username,
  nonce: NONCE,
  header: headerOf(flag),
})

function endOf(known: Known, [user = '', challenge = '', flag = 'n', binding]: readonly string[]): ScramEnd {
  const login = loginOf(known, user)
  const data = binding === undefined ? Buffer.alloc(0) : decoded(known, binding)
  return scramFinal(startOf(login, flag), login.password, decoded(known, challenge).toString(), data)
}

const FUNCTIONS: { readonly [name: string]: Compute } = {
  'cram-md5': (known, [user = '', challenge = '']) =>
    base64(cramAnswer(loginOf(known, user), decoded(known, challenge).toString())),
  'scram-first': (known, [user = '', flag = 'n']) => base64(scramFirst(startOf(loginOf(known, user), flag))),
  'scram-final': (known, words) => base64(endOf(known, words).message),
  'scram-verifier': (known, words) => base64(endOf(known, words).verifier),
}

/** null: the island is not a computed one. @throws Error for a name in it that has not been captured */
export function computed(island: string, known: Known): string | null {
  const [name = '', ...words] = island.split(' ')
  return Object.hasOwn(FUNCTIONS, name) ? (FUNCTIONS[name]?.(known, words) ?? null) : null
}
