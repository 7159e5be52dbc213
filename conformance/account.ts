/** Makes an account of a server on a network what a transcript expects: INBOX with its messages, and nothing else. */
import { astring, type Errand, ErrandError } from './errand.js'
import type { OctetString } from './transcript.js'

/** A line of LIST or LSUB. */
interface Listed {
  readonly attributes: readonly string[]
  readonly delimiter: string
  readonly name: OctetString
}

/** What an account is made of before a transcript. */
export interface Furniture {
  readonly messages: readonly Buffer[]
  /** Beside INBOX; empty. */
  readonly mailboxes: readonly string[]
}

/** When messages were received that nobody has sent. */
const RECEIVED = '01-Jan-2026 12:00:00 +0000'

/** @returns what could not be done though it should, for the user. @throws ErrandError */
export async function furnishAccount(
  errand: Errand,
  capabilities: ReadonlySet<string>,
  { messages, mailboxes }: Furniture,
): Promise<readonly string[]> {
  const notes = await removeMailboxes(errand, capabilities)
  await unsubscribeAll(errand)
  if (!(await empty(errand, 'INBOX'))) throw new ErrandError('INBOX cannot be selected')
  for (const name of mailboxes) await errand.ask('CREATE ', astring(name))
  for (const octets of messages) await errand.must(`APPEND INBOX "${RECEIVED}" `, octets)
  return notes
}

/** From the deepest up, for a parent goes after its children. What the server keeps is emptied. */
async function removeMailboxes(errand: Errand, capabilities: ReadonlySet<string>): Promise<readonly string[]> {
  const own = (await ownMailboxes(errand, capabilities)).filter(({ name }) => !/^inbox$/i.test(name))
  const notes: string[] = []
  for (const mailbox of own.sort((a, b) => depth(b) - depth(a) || b.name.length - a.name.length)) {
    if (mailbox.attributes.includes('\\nonexistent')) continue
    const { ok, said } = await errand.ask('DELETE ', astring(mailbox.name))
    // A level that is no mailbox goes by itself, or stays and holds nothing.
    if (ok || !(await empty(errand, mailbox.name))) continue
    notes.push(`mailbox ${mailbox.name} cannot be deleted and stays (${said})`)
  }
  return notes
}

async function ownMailboxes(errand: Errand, capabilities: ReadonlySet<string>): Promise<Listed[]> {
  const foreign = capabilities.has('NAMESPACE') ? await foreignPrefixes(errand) : []
  const { untagged } = await errand.must('LIST "" "*"')
  return untagged.flatMap(listed).filter(({ name }) => !foreign.some((prefix) => name.startsWith(prefix)))
}

/** The names of all mailboxes of the account that can hold messages. */
export async function mailboxesOf(errand: Errand, capabilities: ReadonlySet<string>): Promise<readonly OctetString[]> {
  const own = await ownMailboxes(errand, capabilities)
  const canHold = ({ attributes }: Listed): boolean => !/\\(?:noselect|nonexistent)/.test(attributes.join(' '))
  return own.filter(canHold).map(({ name }) => name)
}

async function unsubscribeAll(errand: Errand): Promise<void> {
  const { untagged } = await errand.must('LSUB "" "*"')
  for (const { name, attributes } of untagged.flatMap(listed))
    if (!attributes.includes('\\noselect') && !/^inbox$/i.test(name)) await errand.ask('UNSUBSCRIBE ', astring(name))
  await errand.ask('SUBSCRIBE INBOX')
}

/** Closed behind it: nobody but the transcript is to see new messages as \Recent. @returns whether it is a mailbox */
async function empty(errand: Errand, name: OctetString): Promise<boolean> {
  const { ok, untagged } = await errand.ask('SELECT ', astring(name))
  if (!ok) return false
  if (untagged.some((line) => /^\* [1-9]\d* EXISTS$/i.test(line)))
    await errand.must('UID STORE 1:* +FLAGS.SILENT (\\Deleted)')
  await errand.must('CLOSE')
  return true
}

const depth = ({ name, delimiter }: Listed): number => (delimiter === '' ? 0 : name.split(delimiter).length)

const QUOTED = /"((?:[^"\\]|\\.)*)"/
const LISTED = new RegExp(`^\\* (?:LIST|LSUB) \\(([^)]*)\\) (?:NIL|${QUOTED.source}) (.*)$`, 'is')

function listed(line: OctetString): Listed[] {
  const [, attributes, delimiter = '', name] = LISTED.exec(line) ?? []
  if (attributes === undefined || name === undefined) return []
  return [{ attributes: attributes.toLowerCase().split(' '), delimiter: unquoted(delimiter), name: nameOf(name) }]
}

/** An atom, a quoted string or a literal; what LIST-EXTENDED puts behind it is left. */
function nameOf(text: OctetString): OctetString {
  const [announced, size = '0'] = /^\{(\d+)\}\r\n/.exec(text) ?? []
  if (announced !== undefined) return text.slice(announced.length, announced.length + Number(size))
  const quoted = new RegExp(`^${QUOTED.source}`).exec(text)?.[1]
  return quoted === undefined ? (/^[^ ]*/.exec(text)?.[0] ?? '') : unquoted(quoted)
}

const unquoted = (text: OctetString): OctetString => text.replace(/\\(.)/g, '$1')

const NAMESPACES = /^\* NAMESPACE (NIL|\(\(.*?\)\)) (NIL|\(\(.*?\)\)) (NIL|\(\(.*?\)\))$/i

/** Where mailboxes of others and shared ones are (RFC 2342 §5): they are not the account's. */
async function foreignPrefixes(errand: Errand): Promise<readonly OctetString[]> {
  const { untagged } = await errand.ask('NAMESPACE')
  const groups = untagged.flatMap((line) => NAMESPACES.exec(line)?.slice(2) ?? [])
  const prefixes = groups.flatMap((group) => [...group.matchAll(new RegExp(`\\(${QUOTED.source} `, 'g'))])
  return prefixes.flatMap(([, prefix = '']) => (prefix === '' ? [] : [unquoted(prefix)]))
}
