/** The conformance tester at mail transfer agents that others wrote: what fails there is what peers.md says, and nothing else. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MailTransfer } from '../../conformance/network-smtp.js'
import { makeCertificate } from '../certificate-maker.js'
import { whyNoExim } from './exim.js'
import { EximPeer } from './exim-peer.js'
import { notSeen, PEER_TIMEOUT, playAtPeer, unlisted } from './peer-play.js'
import { reasonsOf, writeReport } from './peer-report.js'
import { PostfixPeer, whyNoPostfixPeer } from './postfix-peer.js'
import { PEER_ACCOUNTS, PEER_DOMAIN, type SmtpPeer } from './smtp-peer.js'

/** How many are played at once: each has connections of its own, and none looks into a mailbox. */
const TOGETHER = 6

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
    { timeout: PEER_TIMEOUT },
    async () => {
      peer = await Peer.start(await makeCertificate(folder, `${name.toLowerCase()}.${PEER_DOMAIN}`))
      const { ports, hostname } = peer
      const target = { host: '127.0.0.1', ports, users: PEER_ACCOUNTS, domain: PEER_DOMAIN, hostname }
      const place = new MailTransfer(target)
      const results = await playAtPeer({ family: 'smtp', target, place, together: TOGETHER })
      await writeReport(name, 'smtp', results)
      console.log(`${name}: ${reasonsOf(results)}`)
      expect(unlisted(name, results)).toBe('')
      expect(notSeen(name, results)).toEqual([])
    },
  )
})
