/** Rows of the server's tables whose RFC no transcript cites. */
import { capabilities } from '../../src/imap/capabilities.js'
import { fetchItems } from '../../src/imap/commands/fetch-items.js'
import { responseCodes } from '../../src/imap/response-codes.js'
import { commands } from '../../src/imap/table.js'
import { extensions } from '../../src/smtp/extensions.js'
import { verbs } from '../../src/smtp/verbs.js'
import type { Transcript } from '../transcript.js'
import { expectedLines, sentLines } from '../transcript-lines.js'
import { citationsIn } from './citations.js'
import type { Transcripts } from './shown.js'

interface TableRow {
  /** `IMAP command`. */
  readonly table: string
  readonly name: string
  readonly rfc: string
}

const rowsOf = (table: string, rows: Readonly<Record<string, { readonly rfc: string }>>): TableRow[] =>
  Object.entries(rows).map(([name, { rfc }]) => ({ table, name, rfc }))

/** What an RFC mentions and does not describe: only we can show what it is. */
const OWN = ['XLIST']

const imapRows: readonly TableRow[] = [
  ...rowsOf('IMAP command', commands),
  ...capabilities.map(({ name, rfc }) => ({ table: 'IMAP capability', name, rfc })),
  ...rowsOf('IMAP data item', fetchItems),
  ...Object.entries(responseCodes).map(([name, rfc]) => ({ table: 'IMAP response code', name, rfc })),
]
const smtpRows: readonly TableRow[] = [...rowsOf('SMTP verb', verbs), ...rowsOf('SMTP keyword', extensions)]

/** @returns one line for each row that no transcript shows which cites its RFC */
export const uncited = ({ smtp, imap }: Transcripts): string[] => [
  ...imapRows.filter((row) => !OWN.includes(row.name) && !isCited(row, imap)).map(named),
  ...smtpRows.filter((row) => !isCited(row, smtp)).map(named),
]

const named = ({ table, name, rfc }: TableRow): string => `${table} ${name}: no transcript cites ${rfc}`

/** By its section, or one inside it; or by its RFC, in a transcript that has its name on a line. */
function isCited({ name, rfc }: TableRow, transcripts: readonly Transcript[]): boolean {
  const [wanted] = citationsIn(rfc)
  if (wanted === undefined) return false
  const { section } = wanted
  return transcripts.some((transcript) => {
    const cited = citationsIn(transcript.header.rfc).filter((one) => one.rfc === wanted.rfc)
    return cited.some((one) => section === null || isWithin(one.section, section) || says(transcript, name))
  })
}

const isWithin = (cited: string | null, section: string): boolean =>
  cited !== null && `${cited}.`.startsWith(`${section}.`)

const says = (transcript: Transcript, name: string): boolean =>
  [...sentLines([transcript]), ...expectedLines([transcript])].some((line) =>
    line.toUpperCase().includes(name.replace('[]', '[').toUpperCase()),
  )
