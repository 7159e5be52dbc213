/** What a transcript is played against: our own server in process, or any server on a network. */
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { Client } from './client.js'
import type { Header, Service } from './header.js'

export interface Credentials {
  /** What LOGIN takes: for our server the whole address. */
  readonly username: string
  readonly password: string
  /** Where mail for this user goes to, where that is not the name. */
  readonly address?: string
}

export interface World {
  /** Captures that hold from the start: hostname, domain, and for each user name, password and their base64 forms. */
  readonly given: ReadonlyMap<string, string>
  readonly credentials: (user: string) => Credentials
  /** Capabilities that are known already, from before and behind a login, in capitals. */
  readonly offered?: ReadonlySet<string>
  /** What clients begin TLS with; without it, they take any certificate. */
  readonly handshake?: ConnectionOptions
  /** Time passes by itself here. */
  readonly waits?: boolean
  /** There is no TLS: who logs in does so in clear. */
  readonly inClear?: boolean
  /** A new connection, in TLS already where the service begins with it. */
  connect(service: Service): Promise<Duplex>
  /** Lets the server take what was sent, so that the next piece arrives alone. */
  pause(): Promise<void>
  /** Resolves when there is a response for `client`, or there will be none. */
  arrival(client: Client): Promise<void>
  /** Resolves when nothing more will come by itself. */
  silence(): Promise<void>
  /** T: moves the clock. @throws Error where there is none to move */
  advance(ms: number): Promise<void>
  /** X: what the runner does not do by itself. @throws Error for what this world cannot do */
  act(words: readonly string[]): Promise<void>
  /** Ends everything. @returns what was found wrong behind the scenes: faults in the log, sessions that did not end */
  close(): Promise<readonly string[]>
}

/** What a runner needs to make worlds. */
export interface Place {
  readonly name: string
  /** Why a transcript cannot be played here, or null. */
  readonly cannot: (header: Header, uses: Uses) => string | null
  readonly open: (header: Header) => Promise<World>
}

/** What a transcript asks of its world beyond a dialogue. */
export interface Uses {
  readonly time: boolean
  readonly acts: readonly string[]
  /** Users whose password the dialogue has. */
  readonly logins: readonly string[]
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** What a transcript may call by name of the server. */
export const givenNames = (hostname: string, domain: string): [string, string][] => [
  ['hostname', hostname],
  ['domain', domain],
  ['DOMAIN', domain.toUpperCase()],
]

/** What a transcript may call by name for a user: `alice`, its local part, `alice_password`, and the forms in which SASL sends them. */
export const givenFor = (user: string, { username, password, address = username }: Credentials): [string, string][] => [
  [user, address],
  [`${user}_local`, address.slice(0, address.includes('@') ? address.lastIndexOf('@') : undefined)],
  [`${user}_name`, username],
  [`${user}_password`, password],
  [`${user}_b64`, base64(username)],
  [`${user}_password_b64`, base64(password)],
  [`${user}_plain`, base64(`\0${username}\0${password}`)],
]

/** The messages that `messages: n` asks for, from 1. */
export const madeMessage = (i: number): Buffer =>
  Buffer.from(`From: sender@example.net\r\nSubject: message ${i}\r\n\r\nThis is message ${i}.\r\n`)
