/** What a mail server delivered to its users, as it lies in their Maildirs. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The messages of a Maildir, in octets as latin1, with lines as the server writes them; none where there is no folder yet. */
export async function readMaildir(dir: string): Promise<readonly string[]> {
  const folder = join(dir, 'new')
  const names = await readdir(folder).catch(() => [])
  return Promise.all(names.sort().map((name) => readFile(join(folder, name), 'latin1')))
}
