/** The key under which secrets of users are sealed: made at the first start, kept in DATA/secret.key for its owner alone. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SECRET_KEY_OCTETS } from '../accounts/secrets.js'
import { replaceFile } from '../core/durable-file.js'
import type { Random } from '../core/ids.js'
import { reasonOf, StartupError } from './errors.js'

/** To be called by who holds the lock of the data folder. @throws StartupError naming the file */
export async function secretKey(dataDir: string, random: Random): Promise<Buffer> {
  const path = join(dataDir, 'secret.key')
  try {
    return (await kept(path)) ?? (await made(path, random))
  } catch (error) {
    if (error instanceof StartupError) throw error
    throw new StartupError(`cannot read or write ${path}: ${reasonOf(error)}`, error)
  }
}

/** A file that is damaged is not replaced: what was sealed under it would be lost. */
async function kept(path: string): Promise<Buffer | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== SECRET_KEY_OCTETS)
    throw new StartupError(
      `${path} is damaged, it is no key of 256 bits in base64: bring it back from a backup; if it is removed, app passwords and CRAM-MD5 are lost`,
    )
  return key
}

async function made(path: string, random: Random): Promise<Buffer> {
  const key = random(SECRET_KEY_OCTETS)
  await replaceFile(path, `${key.toString('base64')}\n`, 0o600)
  return key
}
