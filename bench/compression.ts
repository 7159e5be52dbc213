/** `node dist/bench/compression.js [FOLDER]`: what deflate would save on the mails of a folder, and what it would cost. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { processOutput, table } from '../src/cli/output.js'
import { storeLimits } from '../src/core/limits.js'

const CORPUS = fileURLToPath(new URL('../../test/fixtures/corpus', import.meta.url))
const ROUNDS = 5
/** Octets of one round, so that a clock tick does not matter. */
const ROUND_OCTETS = 4 * 1024 * 1024

/** Processor time of one call in microseconds: the best of some rounds, for the machine has other work too. */
function cost(messages: readonly Buffer[], work: (message: Buffer) => void): number {
  const octets = messages.reduce((sum, { length }) => sum + length, 0)
  const times = Math.max(1, Math.ceil(ROUND_OCTETS / octets))
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage()
    for (let i = 0; i < times; i++) for (const message of messages) work(message)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / (times * messages.length)
  })
  return Math.min(...rounds)
}

function measured(name: string, messages: readonly Buffer[], level: number): readonly (string | number)[] {
  const octets = messages.reduce((sum, { length }) => sum + length, 0)
  const packed = messages.map((message) => deflateRawSync(message, { level }))
  const kept = packed.reduce((sum, { length }) => sum + length, 0) / octets
  const deflate = cost(messages, (message) => deflateRawSync(message, { level }))
  const inflate = cost(packed, (message) => inflateRawSync(message))
  const average = Math.round(octets / messages.length)
  return [name, messages.length, average, level, `${Math.round(100 * kept)} %`, deflate.toFixed(0), inflate.toFixed(0)]
}

const folder = process.argv[2] ?? CORPUS
const mails = readdirSync(folder)
  .filter((name) => name.endsWith('.eml'))
  .map((name) => readFileSync(join(folder, name)))
  .filter(({ length }) => length < storeLimits.inlineBlobOctets)
const groups = [
  ['below 8 KiB', mails.filter(({ length }) => length < 8192)],
  ['from 8 KiB', mails.filter(({ length }) => length >= 8192)],
] as const
const rows = groups
  .filter(([, messages]) => messages.length > 0)
  .flatMap(([name, messages]) => [1, 6].map((level) => measured(name, messages, level)))
processOutput.print(table(['MAILS', 'NUMBER', 'OCTETS', 'LEVEL', 'KEPT', 'DEFLATE µs', 'INFLATE µs'], rows))
