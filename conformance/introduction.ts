/** Brings a fresh connection to the state in which its transcript begins. */
import type { Client } from './client.js'
import { Errand } from './errand.js'
import { type Header, isImap, type Start } from './header.js'
import { Login } from './login.js'
import type { Captures } from './pattern.js'
import type { OctetString } from './transcript.js'
import type { World } from './world.js'

/** What the way to that state has shown. */
export interface Introduced {
  /** The first of the header's needs that the server does not offer in that state, or null. */
  readonly lacks: string | null
  /** Capabilities and EHLO keywords in upper case; null when the server was not asked. */
  readonly offered: ReadonlySet<string> | null
  /** All that the server said, response by response. */
  readonly before: readonly OctetString[]
}

/** @throws Error for a server that says no */
export async function introduce(
  client: Client,
  start: Start,
  world: World,
  captures: Captures,
  header: Header,
): Promise<Introduced> {
  const introduction = new Introduction(client, start, world, captures, header)
  const lacks = await (isImap(start.service) ? introduction.imap() : introduction.smtp())
  const { offered, before } = introduction
  return { lacks, offered: offered.size === 0 ? null : offered, before }
}

class Introduction {
  readonly #client: Client
  readonly #start: Start
  readonly #world: World
  readonly #captures: Captures
  readonly #header: Header
  readonly offered = new Set<string>()
  readonly before: OctetString[] = []
  #tag = 0

  constructor(client: Client, start: Start, world: World, captures: Captures, header: Header) {
    this.#client = client
    this.#start = start
    this.#world = world
    this.#captures = captures
    this.#header = header
  }

  async smtp(): Promise<string | null> {
    const { state, service } = this.#start
    if (state === 'greeting') return null
    await this.#reply('220')
    if (state === 'connected') return null
    await this.#ehlo()
    if (state === 'secured' || (state === 'auth' && service !== 'submissions' && !this.#inClear)) {
      if (!this.offered.has('STARTTLS')) return 'STARTTLS'
      await this.#smtp('STARTTLS', '220')
      await this.#secure()
      await this.#ehlo()
    }
    if (state === 'auth' && !this.offered.has('AUTH=PLAIN')) return 'AUTH=PLAIN'
    if (state === 'auth') await this.#smtp(`AUTH PLAIN ${this.#given('plain')}`, '235')
    return this.#lacks()
  }

  async imap(): Promise<string | null> {
    const { state, service } = this.#start
    const known = this.#world.offered ?? null
    for (const word of known ?? []) this.offered.add(word)
    if (state === 'greeting') return known === null ? null : this.#lacks()
    await this.#line('* OK')
    if (state === 'connected') return known === null ? null : this.#lacks()
    if (service === 'imap' && (state === 'secured' || !this.#inClear)) {
      if (!this.#list((await this.#imap('CAPABILITY'))[0] ?? '').includes('STARTTLS')) return 'STARTTLS'
      await this.#imap('STARTTLS')
      await this.#secure()
    }
    if (state !== 'secured') {
      await this.#logIn()
      for (const word of this.#list((await this.#imap('CAPABILITY'))[0] ?? '')) this.offered.add(word)
    }
    if (state === 'selected') await this.#select()
    return state === 'secured' && known === null ? null : this.#lacks()
  }

  async #logIn(): Promise<void> {
    const errand = new Errand(this.#client, (client) => this.#world.arrival(client))
    await new Login(errand).login(this.#world.credentials(this.#start.user))
  }

  get #inClear(): boolean {
    return this.#world.inClear === true
  }

  #given(what: string): string {
    return this.#captures.get(`${this.#start.user}_${what}`) ?? ''
  }

  /** One with a number is offered by its name, too: `APPENDLIMIT=1024`. */
  #list(line: OctetString): string[] {
    const words = line
      .replace(/^\* CAPABILITY /i, '')
      .toUpperCase()
      .split(' ')
    return words.flatMap((word) => [word, word.replace(/=\d{3,}$/, '')])
  }

  /** What a transcript needs it needs of its first protocol: an IMAP connection that looks into a mailbox has no EHLO keywords. */
  #lacks(): string | null {
    const [first = this.#start] = this.#header.connections
    if (isImap(first.service) !== isImap(this.#start.service)) return null
    return this.#header.needs.find((need) => !this.offered.has(need.toUpperCase())) ?? null
  }

  #secure(): Promise<void> {
    return this.#client.startTls(this.#captures.get('hostname') ?? '')
  }

  async #ehlo(): Promise<void> {
    this.#send(this.#start.service === 'lmtp' ? 'LHLO client.example' : 'EHLO client.example')
    for (const line of await this.#reply('250')) {
      const [keyword = '', ...parameters] = line.slice(4).toUpperCase().split(' ')
      for (const word of [keyword, ...parameters.map((one) => `${keyword}=${one}`)]) this.offered.add(word)
    }
  }

  async #smtp(command: string, code: string): Promise<void> {
    this.#send(command)
    await this.#reply(code)
  }

  /** All lines of one reply. */
  async #reply(code: string): Promise<readonly OctetString[]> {
    const lines: OctetString[] = []
    for (;;) {
      const line = await this.#line(code)
      lines.push(line)
      if (line[3] !== '-') return lines
    }
  }

  /** The untagged responses before an OK. */
  async #imap(command: string): Promise<readonly OctetString[]> {
    const tag = `intro${++this.#tag}`
    const untagged: OctetString[] = []
    this.#send(`${tag} ${command}`)
    for (;;) {
      const line = await this.#line('')
      if (line.startsWith('* ')) untagged.push(line)
      else if (line.startsWith(`${tag} OK`)) return untagged
      else throw new Error(`before the transcript, ${command.split(' ')[0]} was answered ${line}`)
    }
  }

  async #select(): Promise<void> {
    const untagged = (await this.#imap('SELECT INBOX')).join('\n')
    this.#captures.set('uidvalidity', /\[UIDVALIDITY (\d+)\]/.exec(untagged)?.[1] ?? '')
    this.#captures.set('uidnext', /\[UIDNEXT (\d+)\]/.exec(untagged)?.[1] ?? '')
    if (!/^\* [1-9]\d* EXISTS$/m.test(untagged)) return
    for (const line of await this.#imap('FETCH 1:* UID')) {
      const [, number, uid = ''] = /^\* (\d+) FETCH \((?:.* )?UID (\d+)/i.exec(line) ?? []
      if (number !== undefined) this.#captures.set(`uid${number}`, uid)
    }
  }

  #send(command: string): void {
    this.#client.write(Buffer.from(`${command}\r\n`))
  }

  async #line(start: string): Promise<OctetString> {
    if (this.#client.peek() === null) await this.#world.arrival(this.#client)
    const line = this.#client.take()
    if (line !== null) this.before.push(line)
    if (line?.startsWith(start)) return line
    throw new Error(`before the transcript, ${start} was expected and came ${line ?? 'nothing'}`)
  }
}
