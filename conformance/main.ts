#!/usr/bin/env node
/** Plays the transcripts: at our own server in process, or at any server on a network. Prints what passed, failed, was skipped. */
import { Command, InvalidArgumentError } from 'commander'
import { uncovered } from './coverage.js'
import { type Cut, cutsFor, whole } from './cuts.js'
import { FAMILIES, type Family, readTranscripts } from './files.js'
import type { Service } from './header.js'
import { InProcess } from './in-process.js'
import { Network } from './network.js'
import type { Outcome } from './outcome.js'
import { NETWORK_LIMIT, play } from './runner.js'
import type { Transcript } from './transcript.js'
import type { Credentials, Place } from './world.js'

interface Options {
  readonly seed: number
  readonly only?: string
  readonly host?: string
  readonly port: readonly (readonly [Service, number])[]
  readonly user: readonly Credentials[]
  readonly domain?: string
  readonly hostname?: string
  readonly coverage?: boolean
}

const SERVICES: readonly string[] = [
  'smtp',
  'submission',
  'submissions',
  'lmtp',
  'imap',
  'imaps',
] satisfies readonly Service[]

function readPort(text: string, before: readonly (readonly [Service, number])[]): (readonly [Service, number])[] {
  const [service = '', port = ''] = text.split('=')
  if (!SERVICES.includes(service) || !/^\d{1,5}$/.test(port)) throw new InvalidArgumentError('it looks like imaps=993')
  return [...before, [service as Service, Number(port)]] // it is one of them
}

function readUser(text: string, before: readonly Credentials[]): Credentials[] {
  const at = text.indexOf(':')
  if (at < 1) throw new InvalidArgumentError('it looks like user@example.org:password')
  return [...before, { username: text.slice(0, at), password: text.slice(at + 1) }]
}

function readSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('it is a number')
  return Number(text)
}

function program(): Command {
  return new Command('conformance')
    .description('Plays the transcripts at our own server in process, or at the server on --host')
    .argument('[family]', 'smtp or imap; both without it')
    .option('--only <text>', 'transcripts whose names have this in them')
    .option('--seed <number>', 'where the random cuts fall', readSeed, 1)
    .option('--coverage', 'plays nothing: names what our server can do and no transcript shows')
    .option('--host <name>', 'a server on a network; the INBOX of its users is emptied')
    .option('--port <service=port>', 'a service of that server, more than once', readPort, [])
    .option('--user <name:password>', 'an account there, one for each user that a transcript has', readUser, [])
    .option('--domain <name>', 'the domain of these accounts')
    .option('--hostname <name>', 'what that server calls itself, if it is not what --host says')
}

/** One transcript in all its cuts; the first that does not pass counts. */
async function playAll(transcript: Transcript, place: Place, cuts: readonly Cut[]): Promise<Outcome> {
  const [judge, limit] = place instanceof Network ? (['fair', NETWORK_LIMIT] as const) : (['exact', null] as const)
  for (const cut of cuts) {
    const outcome = await play(transcript, place, { cut, judge, limit })
    if (outcome.kind !== 'passed') return outcome
  }
  return { kind: 'passed', dialogue: [] }
}

function report({ file }: Transcript, outcome: Outcome): void {
  if (outcome.kind === 'passed') console.log(`passed   ${file}`)
  else if (outcome.kind === 'skipped') console.log(`skipped  ${file}: ${outcome.reason}`)
  else console.log(`FAILED   ${outcome.failure.message}`)
}

function remotePlace({ host, port, user, domain = host, hostname = host }: Options): Place | null {
  if (host === undefined || domain === undefined || hostname === undefined) return null
  return new Network({ host, ports: Object.fromEntries(port), users: user, domain, hostname })
}

async function run(families: readonly Family[], options: Options): Promise<boolean> {
  const remote = remotePlace(options)
  const own = remote === null ? await InProcess.create() : null
  const count = { passed: 0, failed: 0, skipped: 0 }
  try {
    for (const transcript of families.flatMap(readTranscripts)) {
      if (!transcript.file.includes(options.only ?? '')) continue
      const cuts = remote === null ? cutsFor(options.seed, transcript.header) : [whole]
      const outcome = await playAll(transcript, (remote ?? own) as Place, cuts)
      count[outcome.kind]++
      report(transcript, outcome)
    }
  } finally {
    await own?.close()
  }
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped (seed ${options.seed})`)
  return count.failed === 0
}

/** @returns whether everything has its transcript */
function cover(): boolean {
  const missing = uncovered({ smtp: readTranscripts('smtp'), imap: readTranscripts('imap') })
  for (const line of missing) console.log(line)
  if (missing.length === 0) console.log('everything has a transcript')
  return missing.length === 0
}

const command = program().parse()
const [family] = command.args
const families = FAMILIES.filter((one) => family === undefined || one === family)
if (families.length === 0) command.error(`there is no family "${family}": smtp or imap`)
const options = command.opts<Options>()
process.exitCode = (options.coverage === true ? cover() : await run(families, options)) ? 0 : 1
