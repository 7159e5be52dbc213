/** Opens a folder of data as a Store, and lets it go again. */
import { mkdirSync } from 'node:fs'
import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/ids.js'
import { type StoreLimits, storeLimits } from '../../core/limits.js'
import type { Log } from '../../core/log.js'
import { CareError } from '../care.js'
import type { Deriver } from '../deriver.js'
import { Eraser } from '../eraser.js'
import { expungedStay, removedMailStays, writerDied } from '../events.js'
import type { Extractor } from '../extractor.js'
import { Feed } from '../feed.js'
import { Forgetter } from '../forgetter.js'
import type { Effects } from '../ops.js'
import { logNote } from '../quota-events.js'
import { Remover } from '../remover.js'
import { SpoolBudget, SpoolWriter } from '../spool-writer.js'
import { StorageWatch } from '../storage-watch.js'
import { type Duty, duties, type Store } from '../store.js'
import { accountStore } from './accounts.js'
import { aliasStore } from './aliases.js'
import { appPasswordStore } from './app-passwords.js'
import { arrangeStore } from './arrange.js'
import { Backups } from './backup-client.js'
import { spoolFolder } from './blob-files.js'
import { bounceStore } from './bounces.js'
import { check, findings } from './check-client.js'
import { openReader } from './connection.js'
import { controlStore } from './control.js'
import { Copies } from './copies.js'
import { newDeriver } from './derivation.js'
import { newExtractor, recorder } from './extraction.js'
import { Collector } from './garbage-client.js'
import { readsOf, soundness } from './health.js'
import { insideStore } from './inside.js'
import { lockFolder } from './lock.js'
import { mailStore } from './mail.js'
import { MailboxLoader } from './mailbox-loader.js'
import { outboundStore } from './outbound.js'
import { makeFolders, prepare } from './prepare.js'
import { queueStore } from './queue.js'
import { quotaStore } from './quota.js'
import { reportStore } from './read-reports.js'
import { ReaderPool } from './reader-pool.js'
import { RecipientCache } from './recipient-cache.js'
import { Repairer } from './repair.js'
import { requireRestored } from './restore.js'
import { Statements } from './statements.js'
import { type Commit, WriterClient } from './writer-client.js'

export interface SqliteOptions {
  /** Made if it is not there, for this user alone. */
  readonly dir: string
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
  readonly limits?: Partial<StoreLimits>
  /** The writer has died: every write fails from now on, and the process had better end. */
  readonly onFault?: (error: Error) => void
  /** Take messages apart in the background; without it they are when their attachments are asked for. */
  readonly background?: boolean
  /** Keep an index of the text of messages (default true); without it every search looks into every message. */
  readonly indexes?: boolean
}

/**
 * @throws StoreLocked when another process has the folder
 * @throws StoreTooNew when its data was written by a later release
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  return (await openParts(options)).store
}

/** A store and what only its tests look at. */
export interface SqliteParts {
  readonly store: Store
  readonly writer: WriterClient
  readonly loader: MailboxLoader
  readonly budget: SpoolBudget
  readonly readers: ReaderPool
  readonly extractor: Extractor
  readonly deriver: Deriver
}

export async function openParts(options: SqliteOptions): Promise<SqliteParts> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const unlock = lockFolder(options.dir)
  try {
    requireRestored(options.dir)
    makeFolders(options.dir)
    prepare(options.dir)
    return await assemble(options, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

async function assemble(options: SqliteOptions, unlock: () => void): Promise<SqliteParts> {
  const { dir, clock, random, log, background = false, indexes = true } = options
  const limits = { ...storeLimits, ...options.limits }
  const watch = new StorageWatch({ clock, limits, log: options.log })
  const sql = new Statements(openReader(dir), readsOf(watch, dir))
  const readers = new ReaderPool({ dir, limits, clock, watch, log })
  const loader = new MailboxLoader({ sql, readers, limits })
  const eraser: Eraser = new Eraser(
    limits.rowsPerWrite,
    (ms, fire) => clock.after(ms, fire),
    (blobs) => writer.submit({ kind: 'erase', blobs }),
  )
  const feed = new Feed(limits.pendingChanges, eraser.holds)
  let onDuty: ((duty: Duty) => void) | null = null
  let onQueued: (() => void) | null = null
  const onCommitted = ({ changes, unreferenced, duties: owed, notes, queued }: Effects, commit: Commit): void => {
    loader.publish(changes)
    feed.publish(changes)
    eraser.add(unreferenced)
    if (options.log !== undefined) for (const note of notes) logNote(options.log, note, commit)
    for (const duty of new Set(owed)) onDuty?.(duty)
    if (queued.length > 0) onQueued?.()
    if (background && changes.some(({ change }) => change.type === 'added')) {
      extractor.wake()
      deriver.wake()
    }
    if (background) {
      for (const { change } of changes)
        if (change.type === 'expunged') forgetter.expunged(change.mailbox, change.entries.length)
    }
  }
  const onFault = (error: Error): void => fault(options, error)
  const writer = await WriterClient.start({ dir, limits, watch, onCommitted, onFault }).catch((error: unknown) => {
    sql.db.close()
    throw error
  })
  const recipients = new RecipientCache(limits.knownRecipients)
  const submit = recipients.watch(writer.submit.bind(writer))
  const record = recorder(submit, log)
  const extractor: Extractor = newExtractor({ readers, record, clock, limits, log, indexes })
  const deriver: Deriver = newDeriver({ sql, submit, readers, clock, limits, log })
  let closing: Promise<void> | null = null
  const forgetter = new Forgetter({
    forget: (mailbox) =>
      submit({ kind: 'forget-expunged', mailbox, keep: limits.expungedPerMailbox, limit: limits.rowsPerWrite }),
    limits,
    onFault: (error) => {
      if (closing === null && log !== undefined) expungedStay(log, { error: String(error) })
    },
  })
  const copies = new Copies({ sql, submit, limits, onAbandoned: () => remover.wake() })
  const remover: Remover = new Remover({
    slice: async () => (await copies.undoSlice()) || submit({ kind: 'erase-removed', limit: limits.rowsPerWrite }),
    onFailure: (error) => {
      if (closing === null && options.log !== undefined) removedMailStays(options.log, { error: String(error) })
    },
    after: (ms, fire) => clock.after(ms, fire),
  })
  const parts = {
    dir,
    sql,
    submit,
    recipients,
    remover,
    clock,
    limits,
    feed,
    holds: eraser.holds,
    loader,
    readers,
    record,
    indexes,
    watch,
    copies,
  }
  const budget = new SpoolBudget(limits.spoolBudgetOctets)
  const spool = { folder: spoolFolder(dir), budget, inlineOctets: limits.inlineBlobOctets, random, watch }
  const repairer = new Repairer({ find: () => findings(dir, submit), derive: () => deriver.catchUp(), submit, clock })
  const backups = new Backups({ dir, clock, submit, eraser })
  const collector = new Collector({ dir, clock, limits, submit, eraser, budget, backups })
  const store: Store = {
    ...accountStore(parts),
    ...appPasswordStore(parts),
    ...aliasStore(parts),
    ...mailStore(parts),
    ...insideStore(parts),
    ...arrangeStore(parts),
    ...queueStore(parts),
    ...reportStore(parts),
    ...controlStore(parts),
    ...outboundStore({
      ...parts,
      onQueued: (listener) => {
        onQueued = listener
      },
    }),
    ...bounceStore(parts),
    ...quotaStore(parts),
    newSpool: () => new SpoolWriter(spool),
    onDuty: (listener) => {
      onDuty = listener
      for (const duty of duties) listener?.(duty)
    },
    storage: () => watch.outages,
    check: () => soundness(watch, check(dir, submit), (problems) => problems),
    repair: async (repairOptions) => {
      const report = await soundness(watch, repairer.repair(repairOptions), ({ left }) => left)
      if (!repairOptions.dryRun) loader.forgetIdle()
      if (background && !repairOptions.dryRun) extractor.restart()
      return report
    },
    backup: async (request) => {
      if (collector.running) throw new CareError('busy', '"store gc" is at work: wait until it is done')
      return backups.backup(request)
    },
    collectGarbage: (how) => collector.collect(how),
    close: () => {
      watch.close()
      remover.close()
      closing ??= close({ backups, eraser, writer, readers, extractor, deriver, sql, unlock })
      return closing
    },
  }
  remover.wake()
  if (background) {
    extractor.wake()
    deriver.wake()
  }
  return { store, writer, loader, budget, readers, extractor, deriver }
}

function fault({ log, onFault }: SqliteOptions, error: Error): void {
  if (log !== undefined) writerDied(log, { error: error.message })
  onFault?.(error)
}

interface Open {
  readonly backups: Backups
  readonly eraser: Eraser
  readonly writer: WriterClient
  readonly readers: ReaderPool
  readonly extractor: Extractor
  readonly deriver: Deriver
  readonly sql: Statements
  readonly unlock: () => void
}

/** The writer goes last: the last connection brings the log into the database, and a reader could not. */
async function close({ backups, eraser, writer, readers, extractor, deriver, sql, unlock }: Open): Promise<void> {
  await backups.close()
  await Promise.all([extractor.close(), deriver.close()])
  await readers.close()
  await writer.submit({ kind: 'barrier' }).catch(() => {}) // a writer that has died has nothing to finish
  eraser.close()
  sql.db.close()
  await writer.close()
  unlock()
}
