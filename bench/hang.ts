/** Clients that stop in the middle of a command and wait, and how the server ends them. */
import { performance } from 'node:perf_hooks'
import { SmtpClient } from './smtp-client.js'

export interface HangOptions {
  readonly host: string
  readonly port: number
  readonly recipient: string
  readonly clients: number
}

export interface HangResult {
  /** Told `421 4.4.2` and closed. */
  readonly timedOut: number
  /** Those that ended in any other way. */
  readonly otherwise: number
  /** Until the first and the last had ended. */
  readonly firstSeconds: number
  readonly lastSeconds: number
}

/** Whole commands, and then half of what comes next. */
const places = (recipient: string): readonly (readonly [readonly string[], string])[] => {
  const mail = ['EHLO hang.example', 'MAIL FROM:<hang@example.org>']
  const recipients = [...mail, `RCPT TO:<${recipient}>`]
  return [
    [[], 'EHLO hang.exam'],
    [mail.slice(0, 1), 'MAIL FROM:<hang@exam'],
    [mail, 'RCPT TO:'],
    [recipients, 'DATA\r'],
    [[...recipients, 'DATA'], 'Subject: half a mess'],
    [recipients, 'BDAT 1000\r\nhalf of a chunk'],
  ]
}

/** Resolves when all clients hang, with what becomes of them. */
export async function hang(options: HangOptions): Promise<{ readonly ended: Promise<HangResult> }> {
  const started = performance.now()
  const clients = await Promise.all(Array.from({ length: options.clients }, (_, i) => hangingClient(options, i)))
  const ends = clients.map(async (client) => ({
    timedOut: await toldOfTimeout(client),
    seconds: (performance.now() - started) / 1000,
  }))
  const ended = Promise.all(ends).then((all) => {
    const seconds = all.map((one) => one.seconds)
    const timedOut = all.filter((one) => one.timedOut).length
    const [firstSeconds, lastSeconds] = [Math.min(...seconds), Math.max(...seconds)]
    return { timedOut, otherwise: all.length - timedOut, firstSeconds, lastSeconds }
  })
  return { ended }
}

async function hangingClient({ host, port, recipient }: HangOptions, number: number): Promise<SmtpClient> {
  const all = places(recipient)
  const [whole, half] = all[number % all.length] ?? [[], '']
  const client = await SmtpClient.connect(port, host)
  for (const line of whole) await client.command(line)
  await client.write(half)
  return client
}

/** True when the last words are those of a timeout and the connection is closed behind them. */
async function toldOfTimeout(client: SmtpClient): Promise<boolean> {
  try {
    const { code, lines } = await client.reply()
    const closed = await client.reply().then(
      () => false,
      () => true,
    )
    return closed && code === 421 && lines[0]?.startsWith('4.4.2 ') === true
  } catch {
    return false
  } finally {
    client.close()
  }
}
