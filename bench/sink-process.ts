/** The process behind sink.ts: an SMTP server that says yes to all, cheaply, and a name server that sends all mail to it. */
import { createServer, type Socket } from 'node:net'
import { type DnsReply, type RecordType, startDnsServer } from '../test/dns-server.js'
import type { Said } from './sink.js'

const KEYWORDS = '250-mx.sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 0\r\n250 ENHANCEDSTATUSCODES\r\n'
const END = '\r\n.\r\n'
const TTL = 300
const expected = Number(process.argv[2])

let messages = 0
let connections = 0
let began = 0
let cpu = process.cpuUsage()

const tell = (said: Said): void => void process.send?.(said)

function count(): void {
  if (++messages !== expected) return
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - began) / 1000
  tell({ kind: 'done', sunk: { messages, connections, seconds, ownCpu: (user + system) / 1e6 / seconds } })
}

/** One connection. Lines and messages may be cut anywhere; of a message only its end is looked for. */
class Session {
  readonly #socket: Socket
  #held = ''
  #inData = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (octets) => this.#take(octets.toString('latin1')))
    socket.write('220 mx.sink.test\r\n')
  }

  #take(text: string): void {
    this.#held += text
    let replies = ''
    for (let reply = this.#next(); reply !== null; reply = this.#next()) replies += reply
    if (replies !== '') this.#socket.write(replies)
  }

  /** The reply to what is there whole; null: nothing is. */
  #next(): string | null {
    const mark = this.#inData ? END : '\r\n'
    const at = this.#held.indexOf(mark)
    if (at === -1) {
      if (this.#inData) this.#held = this.#held.slice(-(END.length - 1))
      return null
    }
    const line = this.#inData ? '' : this.#held.slice(0, at)
    this.#held = this.#held.slice(at + mark.length)
    if (this.#inData) count()
    this.#inData = line.toUpperCase() === 'DATA'
    return this.#inData ? '354 go on\r\n' : this.#replyTo(line.slice(0, 4).toUpperCase())
  }

  #replyTo(verb: string): string {
    if (verb === 'EHLO') return KEYWORDS
    if (verb !== 'QUIT') return '250 2.0.0 Ok\r\n'
    this.#socket.end('221 2.0.0 Bye\r\n')
    return ''
  }
}

const server = createServer((socket) => {
  if (connections++ === 0) [began, cpu] = [performance.now(), process.cpuUsage()]
  new Session(socket)
})

function answer(name: string, type: RecordType): DnsReply {
  if (type === 'MX') return { records: [{ type, preference: 10, exchange: 'mx.sink.test' }] }
  return type === 'A' && name === 'mx.sink.test' ? { records: [{ type, address: '127.0.0.1', ttl: TTL }] } : {}
}

server.listen(0, '127.0.0.1', async () => {
  const dns = await startDnsServer(answer)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  tell({ kind: 'ready', smtp: address.port, dns: dns.port })
})
process.once('disconnect', () => process.exit())
