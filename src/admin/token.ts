/** The bearer token of the admin port: made at the first start, kept in DATA/admin.token for its owner alone. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../core/ids.js'

/** 256 bits, in letters that need no quoting. */
const TOKEN_OCTETS = 32

export const tokenFile = (dataDir: string): string => join(dataDir, 'admin.token')

export async function adminToken(dataDir: string, random: Random): Promise<string> {
  const path = tokenFile(dataDir)
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  if (kept.trim() !== '') return kept.trim()
  const token = random(TOKEN_OCTETS).toString('base64url')
  await writeFile(`${path}.new`, `${token}\n`, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
  return token
}
