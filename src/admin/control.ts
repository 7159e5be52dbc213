/**
 * Where the control socket of a data folder is. DATA/control.sock, unless that path is longer than a
 * socket address can be: then it is in a private folder of the system's own for temporary files, and
 * DATA/control.path says where. Who holds the lock of DATA may replace both: what is there is a leftover.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { serverLimits } from '../core/limits.js'

const SOCKET = 'control.sock'
const POINTER = 'control.path'
const PREFIX = 'posthorn-'

/** Clears away what a killed server left, and returns the path to listen on. Only for the holder of the lock. */
export async function claimControlPath(dataDir: string): Promise<string> {
  await releaseControlPath(dataDir)
  const path = join(dataDir, SOCKET)
  if (fits(path)) return path
  const elsewhere = join(await mkdtemp(join(tmpdir(), PREFIX)), SOCKET)
  await writeFile(join(dataDir, POINTER), elsewhere, { mode: 0o600 })
  return elsewhere
}

/** Once the socket is there: only its owner may connect. */
export const protectControlSocket = (path: string): Promise<void> => chmod(path, 0o600)

/** The path to connect to; whether anybody listens there is another question. */
export async function findControlPath(dataDir: string): Promise<string> {
  return (await readPointer(dataDir)) ?? join(dataDir, SOCKET)
}

export async function releaseControlPath(dataDir: string): Promise<void> {
  const elsewhere = await readPointer(dataDir)
  // Only a folder that this file can have made is removed, whatever the pointer says.
  if (elsewhere !== null && basename(elsewhere) === SOCKET && basename(dirname(elsewhere)).startsWith(PREFIX))
    await rm(dirname(elsewhere), { recursive: true, force: true })
  await rm(join(dataDir, POINTER), { force: true })
  await rm(join(dataDir, SOCKET), { force: true })
}

const fits = (path: string): boolean => Buffer.byteLength(path) <= serverLimits.socketPathOctets

async function readPointer(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDir, POINTER), 'utf8')).trim()
  } catch {
    return null
  }
}
