/** Sessions in IDLE: how soon they hear of a message that was accepted, and what each costs the server. */
import { performance } from 'node:perf_hooks'
import type { ImapCounter } from './imap-counter.js'
import { type Login, loggedIn } from './imap-steps.js'
import { SmtpClient } from './smtp-client.js'
import { makeMessage } from './smtp-load.js'
import { type Latency, latency } from './statistics.js'

const AT_ONCE = 8

/** A session that has INBOX selected and waits. */
async function idling(login: Login): Promise<ImapCounter> {
  const client = await loggedIn(login)
  await client.command('SELECT INBOX')
  client.write('i IDLE\r\n')
  await client.next((line) => line.startsWith('+'))
  return client
}

/**
 * `messages` one behind the other by SMTP to `recipient`, in whose INBOX one session is in IDLE.
 * @returns from SMTP's 250 to `* EXISTS`, in milliseconds; below 0 where that came before
 */
export async function idleLatency(
  login: Login,
  smtpPort: number,
  recipient: string,
  messages: number,
): Promise<Latency> {
  const client = await idling(login)
  const smtp = await SmtpClient.connect(smtpPort, login.server.host)
  await smtp.command('EHLO bench.example')
  const durations: number[] = []
  for (let n = 0; n < messages; n++) {
    for (const line of ['MAIL FROM:<bench@example.org>', `RCPT TO:<${recipient}>`, 'DATA']) await smtp.command(line)
    const heard = client.next((line) => line.endsWith(' EXISTS')).then(() => performance.now())
    await smtp.write(`${makeMessage(4096, n)}.\r\n`)
    const { code } = await smtp.reply()
    const accepted = performance.now()
    if (code !== 250) throw new Error(`the message was refused with ${code}`)
    durations.push((await heard) - accepted)
  }
  smtp.close()
  client.close()
  return latency(durations)
}

/** Opens `count` sessions in IDLE, `AT_ONCE` at once. @returns what closes them */
export async function idlers(login: Login, count: number): Promise<() => void> {
  const clients: ImapCounter[] = []
  let begun = 0
  const open = async (): Promise<void> => {
    while (begun++ < count) clients.push(await idling(login))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, open))
  return () => {
    for (const client of clients) client.close()
  }
}
