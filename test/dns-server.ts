/** A name server on 127.0.0.1, by UDP: what a test says of each name, as RFC 1035 has it on the wire. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'

const TYPES = { 1: 'A', 5: 'CNAME', 15: 'MX', 28: 'AAAA' } as const
const NUMBERS = { A: 1, CNAME: 5, MX: 15, AAAA: 28 } as const
export type RecordType = keyof typeof NUMBERS

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl?: number; readonly name?: string }
  | { readonly type: 'CNAME'; readonly to: string; readonly name?: string }
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: string; readonly name?: string }

/** `rcode`: 0 no error, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED (RFC 1035 §4.1.1). null: no answer at all. */
export type DnsReply = { readonly rcode?: number; readonly records?: readonly DnsRecord[] } | null

export interface DnsServer {
  readonly port: number
  /** `MX example.org`, in the order in which they came. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

const HEADER = 12

export async function startDnsServer(reply: (name: string, type: RecordType) => DnsReply): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query)
    asked.push(`${type} ${name}`)
    const said = reply(name, type)
    if (said === null) return
    const { rcode = 0, records = [] } = said
    const header = Buffer.alloc(HEADER)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8180 | rcode, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    const answers = records.map((record) => wire(record, name))
    socket.send(Buffer.concat([header, query.subarray(HEADER, end), ...answers]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function questionOf(query: Buffer): { readonly name: string; readonly type: RecordType; readonly end: number } {
  const labels: string[] = []
  let at = HEADER
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const number = query.readUInt16BE(at + 1)
  return { name: labels.join('.').toLowerCase(), type: TYPES[number as keyof typeof TYPES], end: at + 5 }
}

function wire(record: DnsRecord, asked: string): Buffer {
  const data = dataOf(record)
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(NUMBERS[record.type], 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE('ttl' in record ? (record.ttl ?? 0) : 0, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([nameOf(record.name ?? asked), fixed, data])
}

function dataOf(record: DnsRecord): Buffer {
  if (record.type === 'CNAME') return nameOf(record.to)
  if (record.type !== 'MX') return addressOf(record.address)
  const preference = Buffer.alloc(2)
  preference.writeUInt16BE(record.preference)
  return Buffer.concat([preference, nameOf(record.exchange)])
}

/** An empty name is the root. */
function nameOf(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.concat([...labels.flatMap((l) => [Buffer.from([l.length]), Buffer.from(l, 'latin1')]), Buffer.alloc(1)])
}

function addressOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [before = '', after = ''] = address.split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16)))
  const [head, tail] = [groups(before), groups(after)]
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]))
}
