/** The client's side of CRAM-MD5 (RFC 2195) and SCRAM-SHA-256 (RFC 5802 §3, RFC 7677), written from the RFCs alone. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

export interface Login {
  readonly username: string
  readonly password: string
}

/** What a client answers to a challenge. */
export const cramAnswer = ({ username, password }: Login, challenge: string): string =>
  `${username} ${createHmac('md5', password).update(challenge).digest('hex')}`

export interface ScramStart {
  readonly username: string
  readonly nonce: string
  /** gs2-header; `n,,` unless told. */
  readonly header?: string
}

const saslname = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C')
const bare = ({ username, nonce }: ScramStart): string => `n=${saslname(username)},r=${nonce}`

export const scramFirst = (start: ScramStart): string => `${start.header ?? 'n,,'}${bare(start)}`

export interface ScramEnd {
  /** client-final-message */
  readonly message: string
  /** The server-final-message of a server that knows the keys. */
  readonly verifier: string
}

/** `binding` is the channel binding data that `header` announces. */
export function scramFinal(
  start: ScramStart,
  password: string,
  serverFirst: string,
  binding: Buffer = Buffer.alloc(0),
): ScramEnd {
  const [, r = '', s = '', i = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(s, 'base64'), Number(i), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const c = Buffer.concat([Buffer.from(start.header ?? 'n,,'), binding]).toString('base64')
  const withoutProof = `c=${c},r=${r}`
  const authMessage = `${bare(start)},${serverFirst},${withoutProof}`
  const signature = hmac(storedKey, authMessage)
  const proof = Buffer.from(clientKey.map((octet, at) => octet ^ (signature[at] ?? 0)))
  return {
    message: `${withoutProof},p=${proof.toString('base64')}`,
    verifier: `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`,
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
