/** posthorn conformance: plays the transcripts that were chosen, and prints the report. */
import { readFile, writeFile } from 'node:fs/promises'
import { playAll } from '../../conformance/campaign.js'
import { uncovered } from '../../conformance/coverage.js'
import { cutsFor, whole } from '../../conformance/cuts.js'
import { FAMILIES, type Family, readTranscripts } from '../../conformance/files.js'
import { InProcess } from '../../conformance/in-process.js'
import { passwordMask } from '../../conformance/mask.js'
import { Network } from '../../conformance/network.js'
import { isMailTransferAlone, MailTransfer } from '../../conformance/network-smtp.js'
import { PreflightError, preflight } from '../../conformance/preflight.js'
import { written } from '../../conformance/report/kinds.js'
import { totals } from '../../conformance/report/text.js'
import { nameOf, placeOf, type Report, reportOf, reportSchema } from '../../conformance/result.js'
import { NETWORK_LIMIT } from '../../conformance/runner.js'
import { selected } from '../../conformance/selection.js'
import { transcriptFor } from '../../conformance/target.js'
import type { Transcript } from '../../conformance/transcript.js'
import { systemClock } from '../core/clock.js'
import { type ConformanceOptions, selectionOf, targetOf } from './conformance-options.js'
import { Progress } from './conformance-progress.js'
import { CommandError, UsageError } from './errors.js'
import { type Output, table } from './output.js'

/** What a shell takes for "ended by Ctrl-C". */
const INTERRUPTED = 130

/** @returns the exit code: 0 where nothing failed, 1 where something did, 130 after Ctrl-C. @throws UsageError, CommandError */
export async function conformance(
  family: Family | undefined,
  options: ConformanceOptions,
  out: Output,
): Promise<number> {
  if (options.coverage === true) return cover(out)
  const others = await Promise.all((options.compare ?? []).map(readReport))
  if (options.from !== undefined) {
    await deliver(await readReport(options.from), others, options, out)
    return 0
  }
  const families = family === undefined ? FAMILIES : [family]
  const transcripts = selected(families.flatMap(readTranscripts), selectionOf(options))
  if (transcripts.length === 0) throw new UsageError('no transcript is called so, or cites that')
  if (options.list === true) return list(transcripts, out)
  const interruption = new Interruption()
  try {
    const report = await run(transcripts, family, options, interruption.signal, out)
    await deliver(report, others, options, out)
    if (interruption.signal.aborted) return INTERRUPTED
    return report.failed === 0 ? 0 : 1
  } finally {
    interruption.close()
  }
}

/** Ctrl-C ends the run, and the report tells what was done until then; a second one ends the program. */
class Interruption {
  readonly #controller = new AbortController()
  readonly signal = this.#controller.signal
  readonly #abort = (): void => this.#controller.abort()

  constructor() {
    process.once('SIGINT', this.#abort)
  }

  close(): void {
    process.off('SIGINT', this.#abort)
  }
}

async function run(
  transcripts: readonly Transcript[],
  family: Family | undefined,
  options: ConformanceOptions,
  signal: AbortSignal,
  out: Output,
): Promise<Report> {
  const { host } = options
  if (host === undefined) return runInProcess(transcripts, family, options, signal)
  if (family === undefined) throw new UsageError('which is it at that host? posthorn conformance imap, or smtp')
  return runAt(host, transcripts, family, options, signal, out)
}

async function runInProcess(
  transcripts: readonly Transcript[],
  family: Family | undefined,
  { seed, timeLimit }: ConformanceOptions,
  signal: AbortSignal,
): Promise<Report> {
  const place = await InProcess.create()
  try {
    return await campaign(
      transcripts,
      { server: 'Posthorn', family: family ?? 'all', seed, signal },
      {
        ...{ place, judge: 'exact', limit: timeLimit === undefined ? null : timeLimit * 1000 },
        ...{ mask: (line) => line, cutsOf: (header) => cutsFor(seed, header), abandons: false },
      },
    )
  } finally {
    await place.close()
  }
}

async function runAt(
  host: string,
  transcripts: readonly Transcript[],
  family: Family,
  options: ConformanceOptions,
  signal: AbortSignal,
  out: Output,
): Promise<Report> {
  const target = await targetOf(host, family, options)
  await checked(() => preflight(target, { emptyMailboxes: options.emptyMailboxes === true }))
  const { seed, cuts, exact, timeLimit } = options
  const network = new Network(target)
  const place = isMailTransferAlone(target) ? new MailTransfer(target) : network
  const moved = transcripts.map((transcript) => transcriptFor(target, transcript))
  const report = await campaign(
    moved,
    { server: host, family, seed, signal },
    {
      ...{ place, judge: exact === true ? 'exact' : 'fair', mask: passwordMask(target.users) },
      limit: timeLimit === undefined ? NETWORK_LIMIT : timeLimit * 1000,
      cutsOf: (header) => (cuts === true ? cutsFor(seed, header) : [whole]),
      abandons: true,
    },
  )
  for (const note of network.notes) out.complain(`posthorn: ${note}`)
  return report
}

interface Heading extends Pick<Report, 'server' | 'family' | 'seed'> {
  readonly signal: AbortSignal
}

type How = Omit<Parameters<typeof playAll>[1], 'clock' | 'signal' | 'watcher'>

async function campaign(
  transcripts: readonly Transcript[],
  { signal, ...heading }: Heading,
  how: How,
): Promise<Report> {
  const date = new Date(systemClock.now()).toISOString()
  const watcher = new Progress(transcripts.length, process.stderr.isTTY ? process.stderr : null)
  const results = await playAll(transcripts, { ...how, clock: systemClock, signal, watcher })
  watcher.clear()
  return reportOf({ ...heading, date }, results)
}

/** That a server cannot be tested is no failure of the server's. */
async function checked(check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (error instanceof PreflightError) throw new UsageError(error.message)
    throw error
  }
}

async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandError(`${file} cannot be read: ${error.message}`)
  })
  try {
    return reportSchema.parse(JSON.parse(text))
  } catch {
    throw new CommandError(`${file} is no report of this program in JSON`)
  }
}

async function deliver(
  report: Report,
  others: readonly Report[],
  { report: kind, output }: ConformanceOptions,
  out: Output,
): Promise<void> {
  const text = written(kind, [report, ...others])
  if (output === undefined) out.print(text)
  else
    await writeFile(output, `${text}\n`).catch((error: Error) => {
      throw new CommandError(`--output ${output} cannot be written: ${error.message}`)
    })
  if (kind !== 'text' || output !== undefined) out.complain(totals(report))
}

function list(transcripts: readonly Transcript[], out: Output): number {
  const rows = transcripts.map((transcript) => {
    const { rfc, section } = placeOf(transcript)
    return [nameOf(transcript), section === null ? rfc : `${rfc} §${section}`, transcript.title]
  })
  out.print(table(['TRANSCRIPT', 'SHOWS', 'TITLE'], rows))
  return 0
}

function cover(out: Output): number {
  const missing = uncovered({ smtp: readTranscripts('smtp'), imap: readTranscripts('imap') })
  out.print(missing.length === 0 ? 'everything has a transcript' : missing.join('\n'))
  return missing.length === 0 ? 0 : 1
}
