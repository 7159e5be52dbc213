/** Brings a database up to the schema that this program knows, one numbered step in one transaction each. */
import type { Database } from 'better-sqlite3'
import { StoreTooNew } from '../errors.js'
import { first } from './migrations/001-first.js'
import { secrets } from './migrations/002-secrets.js'
import { aliases } from './migrations/003-aliases.js'
import { envelope } from './migrations/004-envelope.js'
import { sending } from './migrations/005-sending.js'
import { recent } from './migrations/006-recent.js'
import { appPasswords } from './migrations/007-app-passwords.js'
import { search } from './migrations/008-search.js'
import { keys } from './migrations/009-keys.js'
import { quota } from './migrations/010-quota.js'
import { threads } from './migrations/011-threads.js'
import { removedMailboxes } from './migrations/012-removed-mailboxes.js'
import { duties } from './migrations/013-duties.js'
import { leading } from './migrations/014-leading.js'
import { userPages } from './migrations/015-user-pages.js'
import { subscriptions } from './migrations/016-subscriptions.js'
import { unkeyed } from './migrations/017-unkeyed.js'
import { unfinishedCopies } from './migrations/018-unfinished-copies.js'
import { expungedFloor } from './migrations/019-expunged-floor.js'
import { references } from './migrations/020-references.js'
import { outbound } from './migrations/021-outbound.js'
import { incomingReports } from './migrations/022-incoming-reports.js'
import { queueControl } from './migrations/023-queue-control.js'

/** Step n brings a database from user_version n to n + 1. Steps are only ever added. */
export const migrations: readonly string[] = [
  first,
  secrets,
  aliases,
  envelope,
  sending,
  recent,
  appPasswords,
  search,
  keys,
  quota,
  threads,
  removedMailboxes,
  duties,
  leading,
  userPages,
  subscriptions,
  unkeyed,
  unfinishedCopies,
  expungedFloor,
  references,
  outbound,
  incomingReports,
  queueControl,
]

/** @throws StoreTooNew when the data was written by a later release */
export function migrate(db: Database, dir: string, steps: readonly string[] = migrations): void {
  const found = schemaVersion(db)
  if (found > steps.length) throw new StoreTooNew(dir, found, steps.length)
  steps.slice(found).forEach((step, i) => {
    db.transaction(() => {
      db.exec(step)
      db.pragma(`user_version = ${found + i + 1}`)
    }).immediate()
  })
}

export const schemaVersion = (db: Database): number => db.pragma('user_version', { simple: true }) as number
