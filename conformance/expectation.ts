/** What a transcript expects, in the words of its messages; and how one response is awaited. */
import type { Stage } from './hearing.js'
import { Differs, shown } from './outcome.js'
import type { Expected, OctetString } from './transcript.js'

/** The response as the transcript has it, on one line. */
export function wordsOf({ pieces }: Expected): string {
  const words = pieces.map((piece) => {
    if (piece.kind === 'line') return piece.text
    return piece.kind === 'file' ? `<octets of ${piece.name}>` : piece.octets
  })
  return shown(
    words.map((word, i) => (pieces[i]?.kind === 'line' && i < words.length - 1 ? `${word}\r\n` : word)).join(''),
  )
}

/** The next response, left where it is; null when none comes. */
export async function arrived({ client, world }: Stage): Promise<OctetString | null> {
  if (client.peek() === null) await world.arrival(client)
  return client.peek()
}

/** For somebody who waits in vain. */
export function nothing({ client: { ended, waiting } }: Stage, expected: string, line?: number): Differs {
  const came = waiting === '' ? null : shown(waiting)
  const silent = ended ? 'the server has closed the connection' : 'nothing came'
  const what = came === null ? silent : 'what came is not whole'
  return new Differs({ what, expected, came, ...(line === undefined ? {} : { line }) })
}

/** For what waits and is not written. */
export const unwritten = ({ conn, client }: Stage): Differs =>
  new Differs({
    what: `connection ${conn} was sent more than is written`,
    expected: null,
    came: shown(client.waiting),
  })
