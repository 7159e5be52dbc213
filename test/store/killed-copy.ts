/** What a process leaves on disk when it is killed, while it lives on: a copy of its folder that nobody closed. */
import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The log behind the database, so that a checkpoint between the two takes nothing away. The index of the log is made anew. */
const DATA = ['posthorn.db', 'posthorn.db-wal', 'spool', 'blobs'] as const

/** Call when no write is under way. @returns the copy, which is the caller's to remove */
export function killedCopy(dir: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'posthorn-killed-'))
  for (const name of DATA) cpSync(join(dir, name), join(copy, name), { recursive: true })
  return copy
}
