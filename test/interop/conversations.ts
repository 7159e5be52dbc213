/** Mails that answer one another, some of them badly: what THREAD and SORT have to make an order of. */

interface Said {
  readonly id: string | null
  readonly subject: string
  /** Minutes after the first. */
  readonly at: number
  readonly references?: string
  readonly inReplyTo?: string
  readonly from?: string
  readonly to?: string
  readonly cc?: string
}

const SAID: readonly Said[] = [
  { id: 'a1', subject: 'Lunch', at: 0, from: 'Zoe <zoe@x.example>', to: 'b@x.example' },
  { id: 'a2', subject: 'Re: Lunch', at: 5, references: '<a1@x>', from: 'bob@x.example', cc: 'Carol <c@x.example>' },
  { id: 'a3', subject: 'RE: Lunch', at: 3, references: '<a1@x>', from: '"Alice" <alice@x.example>' },
  { id: 'a4', subject: 'Re: Re: Lunch', at: 9, references: '<a1@x> <a2@x>', from: 'carol@x.example' },
  { id: 'a5', subject: 'AW: lunch', at: 12, inReplyTo: '<a4@x>' },
  { id: 'b2', subject: 'Re: nobody has what this answers', at: 20, references: '<b0@x> <b1@x>' },
  { id: 'b3', subject: 'Re: nobody has what this answers', at: 21, references: '<b0@x> <b1@x> <b2@x>' },
  { id: 'c1', subject: 'same subject', at: 30 },
  { id: 'c2', subject: 'Re: same subject', at: 31 },
  { id: 'c3', subject: 'same subject', at: 32 },
  { id: 'd1', subject: 'Fwd: forwarded', at: 40, references: '<d1@x>' },
  { id: 'd2', subject: '[list] Re: forwarded (fwd)', at: 41, references: '<d1@x>' },
  { id: 'e1', subject: 'in a circle', at: 50, references: '<e2@x>' },
  { id: 'e2', subject: 'in a circle of two', at: 51, references: '<e1@x>' },
  { id: 'a1', subject: 'the same id again', at: 60, references: '<b2@x>' },
  { id: null, subject: 'without any id', at: 61, references: '<c1@x>' },
  { id: 'f1', subject: '', at: 62 },
  { id: 'f2', subject: 'Re:', at: 63 },
  { id: 'g1', subject: '=?utf-8?q?Re=3A_gr=C3=BC=C3=9Fe?=', at: 64, from: '=?utf-8?q?=C3=84nne?= <anne@x.example>' },
  { id: 'g2', subject: '=?iso-8859-1?q?gr=FC=DFe?=', at: 65, inReplyTo: 'your mail <g1@x> of today' },
  { id: 'h1', subject: 'from the past', at: -1000 },
  { id: 'h2', subject: 'Re: from the past', at: -2000, references: 'garbage <h1@x' },
]

const MINUTE = 60_000
const BEGIN = Date.UTC(2026, 1, 3, 12)

function write({ id, subject, at, references, inReplyTo, from = 'x@x.example', to, cc }: Said): Buffer {
  const field = (name: string, value: string | null | undefined): string =>
    value === undefined || value === null ? '' : `${name}: ${value}\r\n`
  const date = new Date(BEGIN + at * MINUTE).toUTCString().replace('GMT', '+0000')
  const text = [
    field('Message-ID', id === null ? null : `<${id}@x>`),
    field('Subject', subject),
    field('Date', date),
    field('From', from),
    field('To', to),
    field('Cc', cc),
    field('References', references),
    field('In-Reply-To', inReplyTo),
  ].join('')
  return Buffer.from(`${text}\r\ntext ${'.'.repeat(Math.abs(at) % 17)}\r\n`)
}

export const conversations: readonly Buffer[] = SAID.map(write)
