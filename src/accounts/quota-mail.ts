/** The mail that tells a user how full the mailbox is (decision 13). Pure text. */
import { splitAddress } from '../core/mail-address.js'
import { formatDate } from '../message/date.js'
import { percentageOf, type Quota, type Threshold } from '../store/quota.js'

export interface QuotaMail {
  readonly quota: Quota
  readonly threshold: Threshold
  /** Makes the Message-ID one of its own. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The whole message, UTF-8 where the address is. */
export function quotaMail({ quota, threshold, id, at }: QuotaMail): string {
  const { domain } = splitAddress(quota.address)
  const urgent = threshold === 95
  return lines(
    'Return-Path: <>',
    `From: Postmaster <postmaster@${domain}>`,
    `To: <${quota.address}>`,
    `Subject: ${urgent ? 'Urgent: your' : 'Your'} mailbox is ${shareOf(quota)} full`,
    `Date: ${formatDate(at, 0)}`,
    `Message-ID: <quota.${id}@${domain}>`,
    'Auto-Submitted: auto-generated',
    ...(urgent ? ['Importance: high'] : []),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    `Your mailbox ${quota.address} is ${shareOf(quota)} full:`,
    '',
    ...amounts(quota),
    '',
    'When it is full, no new mail can be delivered to you: it goes back to its',
    urgent ? 'senders. Please make room now:' : 'senders. Please make room in good time:',
    '',
    '  - delete messages that you do not need, large ones first,',
    '  - and empty the Trash and Spam folders: what is in them counts too.',
    '',
    'If you need more room, ask your postmaster by answering this message.',
    'This message itself takes nothing of your room.',
  )
}

/** What IMAP sessions show: one line of ASCII. */
export const quotaAlert = (quota: Quota): string =>
  `Your mailbox is ${shareOf(quota)} full. When it is full, no new mail can be delivered to you: please delete what you do not need`

/** Rounded down, so that what is not full is never said to be. */
const shareOf = (quota: Quota): string => `${Math.floor(percentageOf(quota))} %`

function amounts({ used, messages, limits }: Quota): readonly string[] {
  const octets = limits.octets === 0 ? [] : [`  ${size(used)} of ${size(limits.octets)} are used.`]
  return limits.messages === 0 ? octets : [...octets, `  ${messages} of ${limits.messages} messages are there.`]
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** As people write it: three or four digits, and the unit. */
function size(octets: number): string {
  const power = octets < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(octets) / 10))
  const amount = octets / 1024 ** power
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power] ?? ''}`
}

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('')
