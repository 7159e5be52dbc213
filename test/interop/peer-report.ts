/** What the tester found at a peer: as JSON where PEERS_REPORTS names a folder, and in a line. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Report, type Result, reportOf } from '../../conformance/result.js'
import { systemClock } from '../../src/core/clock.js'

/** `FOLDER/dovecot-imap.json`, for the matrix: `posthorn conformance --from`, `--compare`. */
export async function writeReport(server: string, family: Report['family'], results: readonly Result[]): Promise<void> {
  const folder = process.env['PEERS_REPORTS']
  if (folder === undefined) return
  await mkdir(folder, { recursive: true })
  const date = new Date(systemClock.now()).toISOString()
  const report = reportOf({ server, family, date, seed: 1 }, results)
  await writeFile(join(folder, `${server.toLowerCase()}-${family}.json`), `${JSON.stringify(report, null, 2)}\n`)
}

/** `97 passed, 20 failed, 81 skipped: 30 needs quotas; …`, the most frequent reason first. */
export function reasonsOf(results: readonly Result[]): string {
  const count = (outcome: Result['outcome']): number => results.filter((one) => one.outcome === outcome).length
  const reasons = new Map<string, number>()
  for (const { reason } of results) if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const sorted = [...reasons].sort(([, a], [, b]) => b - a).map(([reason, n]) => `${n} ${reason}`)
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped: ${sorted.join('; ')}`
}
