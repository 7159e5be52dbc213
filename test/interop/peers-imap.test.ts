/** The conformance tester at an IMAP server that others wrote: what fails there is what peers.md says, and nothing else. */
import { afterAll, describe, expect, test } from 'vitest'
import { playAll } from '../../conformance/campaign.js'
import { whole } from '../../conformance/cuts.js'
import { readTranscripts } from '../../conformance/files.js'
import { Network } from '../../conformance/network.js'
import type { Result } from '../../conformance/result.js'
import { type Target, transcriptFor } from '../../conformance/target.js'
import { systemClock } from '../../src/core/clock.js'
import { DOVECOT_DOMAIN, DovecotHost, whyNoDovecotHost } from './dovecot-host.js'
import { flawsOf } from './peer-flaws.js'
import { reasonsOf, writeReport } from './peer-report.js'

/** One after the other: all have the same accounts. */
const played = (target: Target): Promise<Result[]> =>
  playAll(
    readTranscripts('imap').map((transcript) => transcriptFor(target, transcript)),
    {
      place: new Network(target),
      cutsOf: () => [whole],
      judge: 'fair',
      limit: 60_000,
      clock: systemClock,
      mask: (line) => line,
      signal: new AbortController().signal,
      abandons: false,
      watcher: { begins: () => {}, ended: () => {} },
    },
  )

describe('Dovecot', () => {
  const why = whyNoDovecotHost()
  let host: DovecotHost | undefined
  afterAll(() => host?.stop())

  test.skipIf(why !== null)(
    why === null ? 'breaks what peers.md says, and nothing else' : `(skipped: ${why})`,
    { timeout: 900_000 },
    async () => {
      host = await DovecotHost.start()
      const { ports } = host
      const hostname = `mail.${DOVECOT_DOMAIN}`
      const results = await played({
        host: '127.0.0.1',
        ports,
        users: DovecotHost.accounts,
        domain: DOVECOT_DOMAIN,
        hostname,
      })
      await writeReport('Dovecot', 'imap', results)
      const failed = results.filter(({ outcome }) => outcome === 'failed')
      console.log(`Dovecot: ${reasonsOf(results)}`)
      const listed = flawsOf('Dovecot').map(({ transcript }) => transcript)
      const unlisted = failed.filter(({ transcript }) => !listed.includes(transcript))
      expect(unlisted.map(({ transcript, failure }) => ({ transcript, failure }))).toEqual([])
      const names = failed.map(({ transcript }) => transcript)
      expect(listed.filter((transcript) => !names.includes(transcript))).toEqual([])
    },
  )
})
