/** Users who hand in mail for the small internet, and remember what they were promised. */
import { setTimeout as wait } from 'node:timers/promises'
import type { RunningProcess } from '../../bench/server-process.js'
import { ConnectionLost, SmtpClient } from '../../bench/smtp-client.js'
import type { Dice } from '../dice.js'

export const SENDER = 'alice@posthorn.test'

/** A message by its X-Id. */
export interface Handed {
  readonly recipients: readonly string[]
  /** The server has said 250. */
  taken: boolean
}

export type Handing = Map<string, Handed>

/** What each name means is the sinks' to say: sink.ts. */
const NAMES = ['ok', 'ok', 'ok', 'ok', 'nobody', 'grey', 'often', 'never']

export interface Load {
  readonly server: () => Promise<RunningProcess>
  readonly password: string
  readonly domains: readonly string[]
  readonly dice: Dice
  readonly messages: number
  readonly handing: Handing
}

/** Hands in messages until there are enough, over a connection that is made anew whenever the server has gone. */
export async function handIn(load: Load): Promise<void> {
  while (load.handing.size < load.messages) {
    try {
      await session(load)
    } catch (error) {
      if (!(error instanceof ConnectionLost) && (error as NodeJS.ErrnoException).code === undefined) throw error
      await wait(50)
    }
  }
}

async function session({ server, password, domains, dice, messages, handing }: Load): Promise<void> {
  const { ports } = await server()
  const client = await SmtpClient.connect(ports.submission)
  try {
    await client.command('EHLO user.example')
    await client.startTls()
    await client.command('EHLO user.example')
    const { code } = await client.command(`AUTH PLAIN ${Buffer.from(`\0${SENDER}\0${password}`).toString('base64')}`)
    if (code !== 235) return
    while (handing.size < messages) await send(client, { domains, dice, handing })
  } finally {
    client.close()
  }
}

async function send(
  client: SmtpClient,
  { domains, dice, handing }: Pick<Load, 'domains' | 'dice' | 'handing'>,
): Promise<void> {
  const id = `m${handing.size + 1}`
  const domain = dice.pick(domains)
  // Often several of one domain, which are one transaction there.
  const recipients = Array.from(
    { length: 1 + dice.roll(4) },
    (_, i) => `${dice.pick(NAMES)}-${id}-${i}@${dice.once(2) ? domain : dice.pick(domains)}`,
  )
  const handed: Handed = { recipients, taken: false }
  handing.set(id, handed)
  await client.command(`MAIL FROM:<${SENDER}>`)
  for (const recipient of recipients) await client.command(`RCPT TO:<${recipient}>`)
  await client.command('DATA')
  const eightBit = dice.once(4) ? 'Gr\xfc\xdfe\r\n' : ''
  const dots = dice.once(4) ? '..\r\n...dots\r\n' : ''
  await client.write(
    Buffer.from(
      `From: <${SENDER}>\r\nX-Id: ${id}\r\nSubject: test\r\n\r\n${eightBit}${dots}${'x'.repeat(dice.roll(2000))}\r\n.\r\n`,
      'latin1',
    ),
  )
  const { code, lines } = await client.reply()
  if (code !== 250) throw new Error(`${id} was refused: ${code} ${lines.join(' ')}`)
  handed.taken = true
}
