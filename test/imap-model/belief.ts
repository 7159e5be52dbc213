/**
 * A selected mailbox as a client believes it to be, who has been told nothing but what the server said (the idea is
 * ImapTest's). Whatever contradicts what was said before, or the RFC, throws.
 */

export interface Message {
  /** null: it was not told. */
  uid: number | null
  /** null: it cannot be known. */
  flags: ReadonlySet<string> | null
  subject: string | null
  /** It came after SELECT. */
  readonly isNew: boolean
}

/** A response without its `* `: a literal is `{n}` in the text, and its octets are beside it. */
export interface Response {
  readonly text: string
  readonly literals: readonly string[]
}

export class Contradiction extends Error {}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Contradiction(what)
}

const flagsIn = (text: string): ReadonlySet<string> => new Set(text.split(' ').filter((flag) => flag !== ''))

/** What of a FETCH response the client looks at. */
export interface Fetched {
  readonly seq: number
  readonly uid: number | null
  readonly flags: ReadonlySet<string> | null
  readonly subject: string | null
}

export function parseFetch({ text, literals }: Response): Fetched | null {
  const [, seq, items = ''] = /^(\d+) FETCH \((.*)\)$/s.exec(text) ?? []
  if (seq === undefined) return null
  const uid = /\bUID (\d+)/.exec(items)?.[1]
  const flags = /\bFLAGS \(([^)]*)\)/.exec(items)?.[1]
  return {
    seq: Number(seq),
    uid: uid === undefined ? null : Number(uid),
    flags: flags === undefined ? null : flagsIn(flags),
    subject: /^Subject: ([^\r]*)/m.exec(literals.join(''))?.[1] ?? null,
  }
}

/** Of the command that is being answered. */
export interface Hearing {
  readonly mayExpunge: boolean
}

export class Belief {
  readonly messages: Message[] = []
  readonly readOnly: boolean
  recent = 0
  uidNext = 0
  #selected = false

  constructor(readOnly: boolean) {
    this.readOnly = readOnly
  }

  get count(): number {
    return this.messages.length
  }

  get uids(): number[] {
    return this.messages.flatMap(({ uid }) => uid ?? [])
  }

  /** The tagged OK of SELECT has come: what is there now is old. */
  selected(): void {
    this.#selected = true
  }

  hear(response: Response, { mayExpunge }: Hearing): void {
    const [, number = '', what = ''] = /^(\d+) (EXISTS|RECENT|EXPUNGE|FETCH)/.exec(response.text) ?? []
    const n = Number(number)
    if (what === 'EXISTS') this.#exists(n)
    else if (what === 'RECENT') {
      demand(n <= this.count, `${n} recent of ${this.count}`)
      this.recent = n
    } else if (what === 'EXPUNGE') {
      demand(mayExpunge, 'EXPUNGE where numbers are in use')
      demand(n >= 1 && n <= this.count, `EXPUNGE ${n} of ${this.count}`)
      this.messages.splice(n - 1, 1)
    } else if (what === 'FETCH') this.#fetched(response)
    this.uidNext = Number(/\[UIDNEXT (\d+)\]/.exec(response.text)?.[1] ?? this.uidNext)
  }

  #exists(n: number): void {
    demand(n >= this.count, `EXISTS ${n} after ${this.count}, and no EXPUNGE`)
    while (this.count < n) this.messages.push({ uid: null, flags: null, subject: null, isNew: this.#selected })
  }

  #fetched(response: Response): void {
    const fetched = parseFetch(response)
    demand(fetched !== null, `a FETCH of another form: ${response.text}`)
    const { seq, uid, flags, subject } = fetched
    const message = this.messages[seq - 1]
    demand(message !== undefined, `FETCH ${seq} of ${this.count}`)
    if (uid !== null) {
      demand(message.uid === null || message.uid === uid, `message ${seq} has UID ${message.uid}, and now ${uid}`)
      message.uid = uid
      this.#demandOrder(seq - 1)
    }
    if (subject !== null) {
      demand(
        message.subject === null || message.subject === subject,
        `message ${seq} was ${message.subject}, now ${subject}`,
      )
      message.subject = subject
    }
    if (flags !== null) message.flags = flags
  }

  /** UIDs ascend: the nearest that are known on both sides are smaller and larger. */
  #demandOrder(at: number): void {
    const uid = Number(this.messages[at]?.uid)
    const before = this.messages.slice(0, at).findLast((message) => message.uid !== null)?.uid ?? 0
    const after = this.messages.slice(at + 1).find((message) => message.uid !== null)?.uid ?? Number.POSITIVE_INFINITY
    demand(before < uid && uid < after, `UID ${uid} between ${before} and ${after}`)
  }

  /** What the client's own silent STORE does to a message. */
  store(message: Message, sign: string, flags: readonly string[]): void {
    if (message.flags === null) return
    const old = message.flags
    const kept =
      sign === ''
        ? [...old].filter((flag) => flag === '\\Recent')
        : [...old].filter((flag) => sign === '+' || !flags.includes(flag))
    message.flags = new Set([...kept, ...(sign === '-' ? [] : flags)])
  }
}
