/** Messages over SMTP as fast as a server takes them, and how long each took from MAIL to the answer to its last octet. */
import { performance } from 'node:perf_hooks'
import { SmtpClient } from './smtp-client.js'
import { type Latency, latency } from './statistics.js'

export interface SmtpLoadOptions {
  readonly host: string
  readonly port: number
  readonly recipient: string
  readonly connections: number
  /** Of all connections together. */
  readonly messages: number
  /** Octets of one message, header included. */
  readonly size: number
  /** MAIL, RCPT and DATA in one write (RFC 2920). */
  readonly pipelining: boolean
}

export interface SmtpLoadResult {
  readonly messages: number
  readonly refused: number
  readonly seconds: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly latency: Latency
  /** Processor time of this process, as a share of one core. */
  readonly ownCpu: number
}

/** A message of about `size` octets that no two servers would call the same. */
export function makeMessage(size: number, number: number): string {
  const header = `From: <bench@example.org>\r\nTo: <bench@example.org>\r\nSubject: message ${number}\r\nMessage-ID: <${number}.${process.pid}@bench.example>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\n`
  const line = `${'The quick brown fox jumps over the lazy dog. '.repeat(2).slice(0, 76)}\r\n`
  return header + line.repeat(Math.max(1, Math.ceil((size - header.length) / line.length)))
}

export async function smtpLoad(options: SmtpLoadOptions): Promise<SmtpLoadResult> {
  const durations: number[] = []
  let refused = 0
  let next = 0
  const started = performance.now()
  const cpu = process.cpuUsage()

  async function connection(): Promise<void> {
    const client = await SmtpClient.connect(options.port, options.host)
    await client.command('EHLO bench.example')
    while (next < options.messages) {
      const message = makeMessage(options.size, next++)
      const from = performance.now()
      const code = await (options.pipelining ? sendPipelined : sendPlain)(client, options.recipient, message)
      if (code === 250) durations.push(performance.now() - from)
      else refused++
    }
    await client.command('QUIT')
    client.close()
  }

  await Promise.all(Array.from({ length: options.connections }, connection))
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    messages: durations.length,
    refused,
    seconds,
    perSecond: durations.length / seconds,
    latency: latency(durations),
    ownCpu: (user + system) / 1e6 / seconds,
  }
}

async function sendPlain(client: SmtpClient, recipient: string, message: string): Promise<number> {
  for (const line of ['MAIL FROM:<bench@example.org>', `RCPT TO:<${recipient}>`, 'DATA']) {
    const { code } = await client.command(line)
    if (code >= 400) return code
  }
  await client.write(message)
  await client.write('.\r\n')
  return (await client.reply()).code
}

async function sendPipelined(client: SmtpClient, recipient: string, message: string): Promise<number> {
  await client.write(`MAIL FROM:<bench@example.org>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`)
  const replies = [await client.reply(), await client.reply(), await client.reply()]
  if (replies[2]?.code !== 354) return replies[2]?.code ?? 0
  await client.write(`${message}.\r\n`)
  return (await client.reply()).code
}
