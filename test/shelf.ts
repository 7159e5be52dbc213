/** A selected mailbox without a store behind it, to see what FETCH asks for and what comes when things go wrong. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'vitest'
import { QuotaAlerts } from '../src/accounts/quota-alerts.js'
import { FakeClock } from '../src/core/clock.js'
import type { AccountId, BlobId, MailboxId, ModSeq, Uid } from '../src/core/ids.js'
import { imapLimits } from '../src/core/limits.js'
import { Alerts } from '../src/imap/alerts.js'
import { fetchCommands } from '../src/imap/commands/fetch.js'
import { type Completion, completionText } from '../src/imap/completion.js'
import type { SelectedContext } from '../src/imap/context.js'
import { Input } from '../src/imap/input.js'
import { Pace } from '../src/imap/pace.js'
import { Responses } from '../src/imap/responses.js'
import { View } from '../src/imap/view.js'
import { type Change, FLAG, type MessageEntry } from '../src/store/changes.js'
import type { StoreError } from '../src/store/errors.js'
import type { BlobReader, MailStore, OpenMailbox } from '../src/store/store.js'
import { UidRanges } from '../src/store/uid-ranges.js'
import { Connection } from '../src/wire/connection.js'
import { type Line, recordingLog } from './log-recorder.js'
import { type Built, build, leaf, type Tree } from './mime-tree.js'
import { ModelStore } from './model-store.js'
import { scan } from './scan.js'
import { streamPair } from './stream-pair.js'

export const MAILBOX = 7 as MailboxId

/** A mailbox in which things go wrong where a test says so, and which writes down what was asked of it. */
export class Shelf {
  readonly entries = new Map<Uid, MessageEntry>()
  readonly contents = new Map<BlobId, Built>()
  readonly pending: Change[] = []
  readonly asked: string[] = []
  firstRecent = Number.POSITIVE_INFINITY
  /** Blobs that are not inline are read in pieces of this size. */
  piece: number | null = null
  /** Octets handed out by streams. */
  read = 0
  openBlob: (blob: BlobId, reader: BlobReader | null) => BlobReader | null = (_, reader) => reader
  refuseFlags: StoreError | null = null

  add(uid: number, tree: Tree, system = 0, keywords: readonly string[] = []): this {
    const blob = (1000 + uid) as BlobId
    const built = build(tree, `m${uid}`)
    const entry: MessageEntry = {
      uid: uid as Uid,
      modseq: 1 as ModSeq,
      size: built.bytes.length,
      internalDate: Date.UTC(1996, 6, 17, 9, 44, 25),
      internalZone: -420,
      blob,
      system,
      keywords,
    }
    this.entries.set(entry.uid, entry)
    this.contents.set(blob, built)
    return this
  }

  /** Another session's EXPUNGE, not yet announced here. */
  expunge(uid: number): void {
    const entry = this.entries.get(uid as Uid)
    if (entry === undefined) throw new Error('no such message')
    this.entries.delete(entry.uid)
    this.pending.push({ type: 'expunged', mailbox: MAILBOX, modseq: 9 as ModSeq, entries: [entry], origin: null })
  }

  /** What a session has that opens the mailbox now. */
  open(): OpenMailbox {
    const uids = [...this.entries.keys()]
    return {
      mailbox: { id: MAILBOX, name: 'INBOX', specialUse: null, subscribed: true, uidValidity: 1 },
      state: {
        count: uids.length,
        uidNext: 1000,
        uids: Uint32Array.from(uids),
        keywords: [],
        entry: (uid) => this.entries.get(uid) ?? null,
        firstWithout: (system) => uids.find((uid) => ((this.entries.get(uid)?.system ?? 0) & system) === 0) ?? null,
      },
      uids: UidRanges.of(uids),
      changes: {
        pending: this.pending,
        overflowed: false,
        take: () => undefined,
        onChange: () => undefined,
        close: () => undefined,
      },
      highestModSeq: 1 as ModSeq,
      firstRecent: this.firstRecent,
      close: () => undefined,
    }
  }

  /** The methods that FETCH may use; any other is an error. */
  get store(): SelectedContext['store'] {
    const methods: Pick<MailStore, 'indexes' | 'openBlob' | 'setFlags'> = {
      indexes: async (blobs) => {
        this.asked.push(`indexes ${blobs.length}`)
        return blobs.map((blob) => this.contents.get(blob)?.index ?? null)
      },
      openBlob: async (blob) => {
        this.asked.push('openBlob')
        const content = this.contents.get(blob)
        return this.openBlob(blob, content === undefined ? null : this.#reader(content.bytes))
      },
      setFlags: async (mailbox, uids, mode, flags, options) => {
        expect([mailbox, mode, flags]).toEqual([MAILBOX, 'add', { system: FLAG.seen, keywords: [] }])
        expect(options).toEqual({ origin: 'me', silent: true })
        this.asked.push(`setFlags ${uids.join()}`)
        if (this.refuseFlags !== null) throw this.refuseFlags
        return uids.flatMap((uid) => this.#see(uid))
      },
    }
    return methods as SelectedContext['store']
  }

  #see(uid: Uid): MessageEntry[] {
    const entry = this.entries.get(uid)
    if (entry === undefined) return []
    const seen = { ...entry, system: entry.system | FLAG.seen }
    this.entries.set(uid, seen)
    return [seen]
  }

  #reader(bytes: Buffer): BlobReader {
    const piece = this.piece
    const shelf = this
    return {
      size: bytes.length,
      bytes: piece === null ? bytes : null,
      async *read(start, end) {
        for (let at = start; at < end; at += piece ?? 65_536) {
          const octets = bytes.subarray(at, Math.min(end, at + (piece ?? 65_536)))
          shelf.read += octets.length
          yield octets
        }
      },
    }
  }
}

/** A session with the mailbox selected, and what its client receives. */
export class Session {
  readonly view: View
  readonly connection: Connection
  readonly client = streamPair()
  readonly log: Line[] = []
  readonly #context: SelectedContext
  #received: Buffer[] = []

  constructor(shelf: Shelf, readOnly = false) {
    const clock = new FakeClock()
    const endpoint = { address: '127.0.0.1', port: 143 }
    this.connection = new Connection(this.client[0], { clock, local: endpoint, remote: endpoint })
    this.view = new View(shelf.open(), { readOnly, origin: 'me' })
    this.#context = {
      state: 'selected',
      alerts: new Alerts(new QuotaAlerts()),
      account: 1 as AccountId,
      administrator: false,
      store: shelf.store,
      quotas: new ModelStore(clock),
      clock,
      limits: imapLimits,
      log: recordingLog(this.log),
      out: new Responses(this.connection),
      progress: { report: () => {} },
      pace: new Pace(),
      input: new Input(this.connection, clock, imapLimits, new AbortController().signal),
      origin: 'me',
      gone: new AbortController().signal,
      view: this.view,
      capabilities: () => '',
      select: () => Promise.resolve(),
    }
  }

  /** The client begins to take what comes. */
  listen(): void {
    this.client[1].on('data', (chunk: Buffer) => this.#received.push(chunk))
  }

  run(command: string): Promise<Completion> {
    const [, name, rest] = /^((?:UID )?FETCH)(.*)$/s.exec(command) ?? []
    if (name !== 'FETCH' && name !== 'UID FETCH') throw new Error(command)
    return fetchCommands[name].prepare(scan(rest ?? ''))(this.#context)
  }

  /** All that arrived since the last call. */
  async received(): Promise<string> {
    this.connection.out.flush()
    for (let before = -1; before !== this.#received.length; await turn()) before = this.#received.length
    const text = Buffer.concat(this.#received).toString('latin1')
    this.#received = []
    return text
  }
}

/** What a client sees of one command on a fresh session. */
export async function dialogue(shelf: Shelf, command: string, readOnly = false): Promise<string> {
  const session = new Session(shelf, readOnly)
  session.listen()
  const completion = await session.run(command)
  return `${await session.received()}a ${completionText(completion)}`
}

/** Messages of UID 11, 22 and 33; the second is \\Seen. */
export const three = (): Shelf =>
  new Shelf()
    .add(11, leaf('one'))
    .add(22, leaf('two', 'Subject: 2\r\n'), FLAG.seen)
    .add(33, leaf('three'), 0, ['$Junk'])
