/** posthorn conformance: its options. */
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { ConformanceOptions, PortOption } from './conformance-options.js'
import type { Output } from './output.js'

const SERVICES = ['smtp', 'submission', 'submissions', 'lmtp', 'imap', 'imaps'] as const
const REPORTS = ['text', 'json', 'junit', 'html', 'markdown'] as const
/** Whoever waits longer for one transcript waits for nothing, s. */
const LONGEST_LIMIT = 3600

/** What is not said on the command line. */
const WITHOUT: ConformanceOptions = { port: [], recipient: [], only: [], rfc: [], seed: 1, report: 'text' }

export function conformanceCommand(program: Command, out: Output, exit: (code: number) => void): void {
  const command = program
    .command('conformance')
    .description('replay RFC transcripts at our own server in process, or at the server on --host')
    .addArgument(new Argument('[family]', 'all at our own server without it').choices(['imap', 'smtp']))
  withAccounts(withTarget(command))
  withReports(withPlay(command)).action(
    async (family: 'imap' | 'smtp' | undefined, options: Partial<ConformanceOptions>) => {
      // Both the tester and the server that it may play at are loaded here: the other commands start faster without.
      const { conformance } = await import('./conformance-run.js')
      exit(await conformance(family, { ...WITHOUT, ...options }, out))
    },
  )
}

const withTarget = (command: Command): Command =>
  command
    .option('--host <name>', 'the server; all mail of its accounts is deleted')
    .option('--port <port>', 'of the family: 993, 143 or 25; of another service: imaps=993', addPort)
    .option('--submission [port]', 'a submission service of the host (587, with --tls 465)', readPort)
    .option('--recipient <address>', 'who gets the mail of SMTP; more than once', collect)
    .option('--tls', 'connections are in TLS from the start; so they are on ports 993 and 465 without it')
    .option('--no-tls', 'there is no TLS: passwords are sent in clear')
    .option('--starttls', 'connections come to TLS by STARTTLS; this is what is done without --tls')
    .option('--ca <file>', 'authorities (PEM) that certificates must come from, instead of the usual ones')
    .option('--insecure', 'take any certificate: whoever is in between can read the passwords')

const withAccounts = (command: Command): Command =>
  command
    .option('--user <name>', 'an account for it, as one logs in')
    .option('--user2 <name>', 'a second one; up to --user5')
    .addOption(new Option('--user3 <name>').hideHelp())
    .addOption(new Option('--user4 <name>').hideHelp())
    .addOption(new Option('--user5 <name>').hideHelp())
    .option('--password-stdin', 'their passwords: a line for each on stdin')
    .option('--password-file <file>', 'the same, in a file')
    .option('--empty-mailboxes', 'begin although the accounts have mail in them: it will be deleted')
    .option('--domain <name>', 'the domain of the accounts, if it is not that of --user')
    .option('--hostname <name>', 'what the server calls itself, if it is not what --host says')

const withReports = (command: Command): Command =>
  command
    .addOption(new Option('--report <kind>', 'what is printed').choices(REPORTS).default(WITHOUT.report))
    .option('--output <file>', 'the report goes there, and not to stdout')
    .option('--compare <files...>', 'JSON reports of other servers, beside this one in html and markdown')
    .option('--from <file>', 'play nothing: make the report of a JSON report')

const withPlay = (command: Command): Command =>
  command
    .option('--only <glob>', "transcripts by name: 'imap/rfc*', '*append*'; more than once", collect)
    .option(
      '--rfc <number>',
      'transcripts that cite it: 7162, or 3501:6.4 with its sections; more than once',
      collect,
      [],
    )
    .option('--cuts', 'over the network, too, each in four ways of cutting what is sent')
    .option('--exact', 'over the network, too, every line as it is written')
    .option('--seed <number>', 'where the random cuts fall', readSeed, WITHOUT.seed)
    .option('--time-limit <seconds>', 'for a transcript; over the network 30', readSeconds)
    .option('--list', 'play nothing: name the transcripts')
    .option('--coverage', 'play nothing: name what our server can do and no transcript shows')

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text]

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('it is a number up to 65535')
  return port
}

function addPort(text: string, before: readonly PortOption[] = []): PortOption[] {
  const [word = '', port] = text.split('=')
  if (port === undefined) return [...before, { service: null, port: readPort(word) }]
  const service = SERVICES.find((one) => one === word)
  if (service === undefined) throw new InvalidArgumentError(`${word} is none of ${SERVICES.join(', ')}`)
  return [...before, { service, port: readPort(port) }]
}

function readSeed(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it is a whole number')
}

function readSeconds(text: string): number {
  const seconds = Number(text)
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= LONGEST_LIMIT) return seconds
  throw new InvalidArgumentError(`it is a number of seconds up to ${LONGEST_LIMIT}`)
}
