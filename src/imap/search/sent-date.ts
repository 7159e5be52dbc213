/** SENTBEFORE, SENTON and SENTSINCE: the Date field, by the day that it names (RFC 3501 §6.4.4). */
import type { Uid } from '../../core/ids.js'
import { dayOf, parseDate } from '../../message/date.js'
import { envelopeDate } from '../../message/envelope.js'
import type { MailStore } from '../../store/store.js'
import { type Candidate, isDated } from './match.js'
import type { SearchKey } from './program.js'

type SentDate = Extract<SearchKey, { kind: 'sent-date' }>

/** Messages whose keys are read together: some 2 ms. */
const SLICE = 200
/** Messages whose envelopes are in memory together: each may have a megabyte, most have some 300 octets. */
const ENVELOPES = 20
/** Days between the day in the zone of the Date field and the day in UTC: a zone has less than 100 hours. */
const FARTHEST = 5

/**
 * Those of `messages` whose Date field names such a day. A field that is not there or cannot be read names none.
 * The moment is among what is kept for sorting; only where the zone matters, the field is read from the envelope.
 */
export async function sentMatches(
  store: Pick<MailStore, 'keys' | 'indexes'>,
  key: SentDate,
  messages: readonly Candidate[],
): Promise<ReadonlySet<Uid>> {
  const found = new Set<Uid>()
  for (let at = 0; at < messages.length; at += SLICE) {
    const slice = messages.slice(at, at + SLICE)
    const keys = await store.keys(slice.map(({ entry }) => entry.blob))
    const near = slice.filter(({ uid }, i) => {
      const ms = keys[i]?.sentDate ?? null
      if (ms === null) return false
      const day = dayOf({ ms, zone: 0 })
      if (Math.abs(day - key.day) <= FARTHEST) return true
      if (isDated(day, key.is, key.day)) found.add(uid)
      return false
    })
    for (const uid of await nearMatches(store, key, near)) found.add(uid)
  }
  return found
}

async function nearMatches(
  store: Pick<MailStore, 'indexes'>,
  { is, day }: SentDate,
  messages: readonly Candidate[],
): Promise<readonly Uid[]> {
  const found: Uid[] = []
  for (let at = 0; at < messages.length; at += ENVELOPES) {
    const slice = messages.slice(at, at + ENVELOPES)
    const indexes = await store.indexes(slice.map(({ entry }) => entry.blob))
    for (const [i, { uid }] of slice.entries()) {
      const sent = parseDate(envelopeDate(indexes[i]?.envelope ?? '') ?? '')
      if (sent !== null && isDated(dayOf(sent), is, day)) found.push(uid)
    }
  }
  return found
}
