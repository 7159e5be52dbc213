/** Alice submits mail to our server as a mail program does, with what it may say of it. */
import type { Ports, TestSite } from '../../bench/server-process.js'
import { SmtpClient } from '../../bench/smtp-client.js'

export const ALICE = 'alice@posthorn.test'

export interface Submitted {
  readonly to: readonly string[]
  /** Header fields that are not From. */
  readonly header: readonly string[]
  readonly body: readonly string[]
  /** Parameters, with a blank before each. */
  readonly mail?: string
  readonly rcpt?: string
}

const dotted = (line: string): string => (line.startsWith('.') ? `.${line}` : line)

/** Text is sent in UTF-8. @returns the queue id @throws with a reply that refuses something */
export async function submit(ports: Ports, site: TestSite, message: Submitted): Promise<string> {
  const client = await SmtpClient.connect(ports.submission)
  const say = async (text: string): Promise<string> => {
    await client.write(`${text}\r\n`)
    const { code, lines } = await client.reply()
    if (code >= 400) throw new Error(`${text.slice(0, 200)}: ${code} ${lines.join(' ')}`)
    return lines.join(' ')
  }
  await say('EHLO pc.test')
  await client.startTls()
  await say('EHLO pc.test')
  await say(`AUTH PLAIN ${Buffer.from(`\0${ALICE}\0${site.password}`).toString('base64')}`)
  await say(`MAIL FROM:<${ALICE}>${message.mail ?? ''}`)
  for (const one of message.to) await say(`RCPT TO:<${one}>${message.rcpt ?? ''}`)
  await say('DATA')
  const header = [`From: <${ALICE}>`, ...message.header, '']
  const taken = await say([...header, ...message.body.map(dotted), '.'].join('\r\n'))
  client.close()
  return taken.split(' ').at(-1) ?? ''
}
