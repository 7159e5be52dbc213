/** The conformance tester at mail transfer agents that others wrote: what fails there is what peers.md says, and nothing else. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whole } from '../../conformance/cuts.js'
import { readTranscripts } from '../../conformance/files.js'
import { MailTransfer } from '../../conformance/network-smtp.js'
import { nameOf } from '../../conformance/result.js'
import { play } from '../../conformance/runner.js'
import { type Target, transcriptFor } from '../../conformance/target.js'
import { makeCertificate } from '../certificate-maker.js'
import { whyNoExim } from './exim.js'
import { EximPeer } from './exim-peer.js'
import { flawsOf } from './peer-flaws.js'
import { PostfixPeer, whyNoPostfixPeer } from './postfix-peer.js'
import { PEER_ACCOUNTS, PEER_DOMAIN, type SmtpPeer } from './smtp-peer.js'

/** How many are played at once: each has connections of its own, and none looks into a mailbox. */
const TOGETHER = 6
const LIMIT = 60_000

interface Played {
  readonly failed: ReadonlyMap<string, string>
  readonly skipped: ReadonlyMap<string, string>
  readonly passed: number
}

async function playAll(target: Target): Promise<Played> {
  const place = new MailTransfer(target)
  const failed = new Map<string, string>()
  const skipped = new Map<string, string>()
  const left = readTranscripts('smtp')
  const all = left.length
  const playOne = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const outcome = await play(transcriptFor(target, next), place, { cut: whole, judge: 'fair', limit: LIMIT })
      if (outcome.kind === 'failed') failed.set(nameOf(next), outcome.failure.message)
      if (outcome.kind === 'skipped') skipped.set(nameOf(next), outcome.reason)
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, playOne))
  return { failed, skipped, passed: all - failed.size - skipped.size }
}

/** How many were skipped for each reason, the most frequent first. */
function reasonsOf({ skipped }: Played): string {
  const counts = new Map<string, number>()
  for (const reason of skipped.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason}`)
    .join('; ')
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-peers-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const peers = [
  ['Postfix', whyNoPostfixPeer(), PostfixPeer],
  ['Exim', await whyNoExim(), EximPeer],
] as const

describe.each(peers)('%s', (name, why, Peer) => {
  let peer: SmtpPeer
  afterAll(() => peer?.stop())

  test.skipIf(why !== null)(
    why === null ? 'breaks what peers.md says, and nothing else' : `(skipped: ${why})`,
    { timeout: 600_000 },
    async () => {
      peer = await Peer.start(await makeCertificate(folder, `${name.toLowerCase()}.${PEER_DOMAIN}`))
      const { ports, hostname } = peer
      const played = await playAll({ host: '127.0.0.1', ports, users: PEER_ACCOUNTS, domain: PEER_DOMAIN, hostname })
      const { failed, passed, skipped } = played
      console.log(`${name}: ${passed} passed, ${failed.size} failed, ${skipped.size} skipped: ${reasonsOf(played)}`)
      const flaws = flawsOf(name)
      const listed = flaws.map(({ transcript }) => transcript)
      const unlisted = [...failed].filter(([transcript]) => !listed.includes(transcript))
      expect(unlisted.map(([, message]) => message).join('\n\n')).toBe('')
      const always = flaws.filter(({ sometimes }) => !sometimes).map(({ transcript }) => transcript)
      expect(always.filter((transcript) => !failed.has(transcript))).toEqual([])
    },
  )
})
