/** The conformance tester at an IMAP server that others wrote: what fails there is what peers.md says, and nothing else. */
import { afterAll, describe, expect, test } from 'vitest'
import { Network } from '../../conformance/network.js'
import { DOVECOT_DOMAIN, DovecotHost, whyNoDovecotHost } from './dovecot-host.js'
import { notSeen, PEER_TIMEOUT, playAtPeer, unlisted } from './peer-play.js'
import { reasonsOf, writeReport } from './peer-report.js'

describe('Dovecot', () => {
  const why = whyNoDovecotHost()
  let host: DovecotHost | undefined
  afterAll(() => host?.stop())

  test.skipIf(why !== null)(
    why === null ? 'breaks what peers.md says, and nothing else' : `(skipped: ${why})`,
    { timeout: PEER_TIMEOUT },
    async () => {
      host = await DovecotHost.start()
      const target = {
        host: '127.0.0.1',
        ports: host.ports,
        users: DovecotHost.accounts,
        domain: DOVECOT_DOMAIN,
        hostname: `mail.${DOVECOT_DOMAIN}`,
      }
      const results = await playAtPeer({ family: 'imap', target, place: new Network(target), together: 1 })
      await writeReport('Dovecot', 'imap', results)
      console.log(`Dovecot: ${reasonsOf(results)}`)
      expect(unlisted('Dovecot', results)).toBe('')
      expect(notSeen('Dovecot', results)).toEqual([])
    },
  )
})
