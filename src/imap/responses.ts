/** Untagged responses on their way out, traced line by line with what belongs to a message masked. */
import type { Connection } from '../wire/connection.js'
import { MASK } from '../wire/trace.js'

/** What a handler may send. All text is octets: one char is one octet. */
export class Responses {
  readonly #connection: Connection
  #within = false
  #written = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** True between the first piece of a response and its last: nothing else may be said then. */
  get within(): boolean {
    return this.#within
  }

  /** Goes up with everything that is written. */
  get written(): number {
    return this.#written
  }

  /** A whole line, without its CRLF. */
  line(line: string): void {
    this.#connection.trace?.server(line)
    this.#note(false)
    this.#connection.out.octets(`${line}\r\n`)
  }

  /** A tagged line. `hide`: its tag may be a password that lost its way, and the trace shows nothing of it. */
  tagged(tag: string, rest: string, hide: boolean): void {
    this.#connection.trace?.server(`${hide ? MASK : tag} ${rest}`)
    this.#note(false)
    this.#connection.out.octets(`${tag} ${rest}\r\n`)
  }

  /** `+ ` and base64. What SCRAM says is enough to guess passwords with, so the trace does not have it. */
  challenge(base64: string): void {
    this.#connection.trace?.server(`+ ${MASK}`)
    this.#note(false)
    this.#connection.out.octets(`+ ${base64}\r\n`)
  }

  /** `* ` and the rest of a whole line. */
  untagged(rest: string): void {
    this.line(`* ${rest}`)
  }

  /** A piece of a response that says nothing of a message's content: `* 3 FETCH (UID 5 BODY[] `. It brings its own CRLF. */
  octets(piece: string): void {
    this.#connection.trace?.server(piece)
    this.#note(true)
    this.#connection.out.octets(piece)
  }

  /** The last of such pieces, up to the CRLF behind the response. */
  end(piece: string): void {
    this.octets(piece)
    this.#within = false
  }

  /** A piece that was made of a message: an ENVELOPE, a header field. */
  content(piece: string): void {
    this.#connection.trace?.serverContent(piece.length)
    this.#note(true)
    this.#connection.out.octets(piece)
  }

  /** Octets of a message as they are, without the literal's mark. */
  bytes(bytes: Uint8Array): void {
    this.#connection.trace?.serverContent(bytes.length)
    this.#note(true)
    this.#connection.out.bytes(bytes)
  }

  /** A literal with its mark, streamed. @throws Disconnected; also when the source is not of exactly `size` octets */
  async literal(size: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    this.#connection.trace?.serverContent(size)
    this.#note(true)
    await this.#connection.out.literal(size, source)
    this.#note(true)
  }

  /** True when more should wait for `room`. */
  get full(): boolean {
    return this.#connection.out.full
  }

  /** Resolves when the peer has taken enough for more: await it for each message. @throws Disconnected */
  room(): Promise<void> {
    return this.#connection.room()
  }

  /** Hands everything to the socket now. It happens by itself before each read. */
  flush(): void {
    this.#connection.out.flush()
  }

  #note(within: boolean): void {
    this.#within = within
    this.#written++
  }
}

/** string: quoted where it can be, else a literal. `octets` stands for octets. */
export const imapString = (octets: string): string =>
  /^[\x20-\x7e]*$/.test(octets) && octets.length <= 1000
    ? `"${octets.replace(/["\\]/g, '\\$&')}"`
    : `{${octets.length}}\r\n${octets}`

/** astring: as an atom where it can be (RFC 3501 §9 ASTRING-CHAR). NIL would be read as nothing, so it is quoted. */
export const imapAstring = (octets: string): string =>
  /^[^\x00-\x20\x7f-\xff(){%*"\\]+$/.test(octets) && octets.toUpperCase() !== 'NIL' ? octets : imapString(octets)
