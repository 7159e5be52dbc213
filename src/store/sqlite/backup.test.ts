/** A backup has all that was acknowledged before it began, whatever went on meanwhile, and gives it back. */
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import { entriesOf, flags, NONE, newInbox, octets, read, seal } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { MailboxId, Uid } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import type { BackupReport, Store } from '../store.js'
import { listBlobFiles } from './blob-files.js'
import { openSqliteStore } from './open.js'
import { restore } from './restore.js'

const LARGE = 1_100_000

let folder: SqliteFolder
let store: Store
let inbox: MailboxId
/** Where backups and restored folders go. */
let away: string
let target: string
let data: string

beforeEach(async () => {
  folder = sqliteFolder()
  store = (await folder.open()).store
  inbox = (await newInbox(store)).inbox
  away = mkdtempSync(join(tmpdir(), 'posthorn-backup-'))
  target = join(away, 'backup')
  data = join(away, 'data')
})

afterEach(async () => {
  await folder.remove()
  rmSync(away, { recursive: true })
})

const backUp = (): Promise<BackupReport> => store.backup({ folder: target, release: '1.2.3' })

const restored = (keepUidValidity = false) =>
  restore({ backup: target, dir: data, at: folder.clock.now(), keepUidValidity })

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

async function add(name: string, size = 0): Promise<{ readonly uid: Uid; readonly hash: string }> {
  const content = octets(name, size)
  const blob = await seal(store, content)
  const [appended] = await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  if (appended === undefined) throw new Error('nothing was appended')
  return { uid: appended.uid, hash: hashOf(content) }
}

/** Hashes by UID of what is in the inbox of the restored data, which is checked. */
async function found(): Promise<Map<Uid, string>> {
  const { clock } = folder
  const opened = await openSqliteStore({ dir: data, clock, random: (n) => Buffer.alloc(n, 7) })
  try {
    await checkInvariants(opened)
    const hashes = new Map<Uid, string>()
    for (const { uid, blob } of await entriesOf(opened, inbox))
      hashes.set(uid, hashOf((await read(opened, blob)) ?? Buffer.alloc(0)))
    return hashes
  } finally {
    await opened.close()
  }
}

const codeOf = async (work: Promise<unknown> | (() => unknown)): Promise<unknown> => {
  try {
    await (typeof work === 'function' ? work() : work)
    return 'done'
  } catch (error) {
    return error instanceof Error ? `${'refusal' in error ? error.refusal : 'fault'}: ${error.message}` : error
  }
}

test('mail, other files and modes are as they were', async () => {
  const small = await add('small')
  const large = await add('large', LARGE)
  writeFileSync(join(folder.dir, 'secret.key'), 'secret')
  mkdirSync(join(folder.dir, 'tls'))
  writeFileSync(join(away, 'elsewhere.pem'), 'key')
  symlinkSync(join(away, 'elsewhere.pem'), join(folder.dir, 'tls', 'key.pem'))
  symlinkSync(join(away, 'nowhere.pem'), join(folder.dir, 'tls', 'gone.pem'))
  writeFileSync(join(folder.dir, 'notes.txt'), 'mine')
  const report = await backUp()
  expect(report).toMatchObject({ folder: target, users: 1, messages: 2, copied: 1, kept: 0, removed: 0 })
  expect(report.copiedOctets).toBeGreaterThan(LARGE)
  expect(report.notIncluded).toContain(join(folder.dir, 'notes.txt'))
  expect(restored()).toMatchObject({ release: '1.2.3', counts: { users: 1, messages: 2 } })
  expect(await found()).toEqual(new Map([small, large].map(({ uid, hash }) => [uid, hash])))
  expect(readFileSync(join(data, 'secret.key'), 'utf8')).toBe('secret')
  expect(readdirSync(join(data, 'tls'))).toEqual(['key.pem'])
  for (const root of [target, data])
    for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const found = statSync(join(root, path))
      if (!path.startsWith('lock.db'))
        expect([path, found.mode & 0o777]).toEqual([path, found.isDirectory() ? 0o700 : 0o600])
    }
})

test('what is acknowledged before a backup under load begins is in it, and nothing is half there', async () => {
  const before = new Map<Uid, string>()
  for (let i = 0; i < 20; i++) {
    const { uid, hash } = await add(`before-${i}`, i % 4 === 0 ? LARGE : 0)
    before.set(uid, hash)
  }
  let running = true
  const gone = new Set<Uid>()
  const load = async (worker: number): Promise<void> => {
    for (let i = 0; running; i++) {
      const { uid } = await add(`load-${worker}-${i}`, i % 3 === 0 ? LARGE : 0)
      await store.setFlags(inbox, [uid], 'add', flags(FLAG.deleted, `k${worker}`))
      if (i % 2 === 0) await store.expunge(inbox, [uid])
      const [oldest] = [...before.keys()].filter((known) => !gone.has(known))
      if (worker === 0 && oldest !== undefined && gone.size < 10) {
        gone.add(oldest)
        await store.setFlags(inbox, [oldest], 'add', flags(FLAG.deleted))
        await store.expunge(inbox, [oldest])
      }
    }
  }
  const loads = [0, 1, 2].map(load)
  const reports = [await backUp(), await backUp()]
  running = false
  await Promise.all(loads)
  expect(reports[1]?.kept).toBeGreaterThan(0)
  restored()
  const hashes = await found()
  for (const [uid, hash] of before) if (hashes.has(uid) || !gone.has(uid)) expect(hashes.get(uid)).toBe(hash)
  await checkInvariants(store)
})

test('a second backup copies what is new, and takes away what is gone', async () => {
  const first = await add('first', LARGE)
  await add('stays', LARGE)
  expect(await backUp()).toMatchObject({ copied: 1 + 1, kept: 0, removed: 0 })
  await store.setFlags(inbox, [first.uid], 'add', flags(FLAG.deleted))
  await store.expunge(inbox, null)
  const third = await add('third', LARGE)
  expect(await backUp()).toMatchObject({ copied: 1, kept: 1, removed: 1, messages: 2 })
  expect([...listBlobFiles(target)].map(({ name }) => name)).toContain(third.hash)
  expect(readdirSync(target).filter((name) => name.startsWith('data-'))).toHaveLength(1)
  restored()
  expect([...(await found()).values()]).toContain(third.hash)
})

test('what an interrupted backup left is no hindrance, and is gone after the next', async () => {
  await add('one', LARGE)
  await backUp()
  mkdirSync(join(target, 'data-interrupted'))
  writeFileSync(join(target, 'data-interrupted', 'posthorn.db'), 'half')
  writeFileSync(join(target, 'manifest.json.new'), '{')
  const [blob] = [...listBlobFiles(target)]
  writeFileSync(`${blob?.path}.part`, 'half')
  restored()
  expect((await found()).size).toBe(1)
  expect(await backUp()).toMatchObject({ copied: 0, kept: 1, removed: 1 })
  expect(readdirSync(target).filter((name) => name.startsWith('data-'))).toHaveLength(1)
})

test('a content whose last message goes during the copy is in the backup all the same', async () => {
  const { uid, hash } = await add('goes', LARGE)
  const backup = backUp()
  await store.setFlags(inbox, [uid], 'add', flags(FLAG.deleted))
  await store.expunge(inbox, [uid])
  const { messages } = await backup
  restored()
  expect(await found()).toEqual(new Map(messages === 1 ? [[uid, hash]] : []))
})

describe('a folder that cannot be used is refused, and left as it is', () => {
  test.each([
    ['in the data', () => join(folder.dir, 'backup'), /in the data folder/],
    ['the data itself', () => folder.dir, /in the data folder/],
    ['by a link', () => linked(folder.dir), /in the data folder/],
    ['not empty', () => strangers('notes.txt'), /is not empty and has no backup in it/],
    ['with a manifest of something else', () => strangers('manifest.json'), /is not empty and has no backup in it/],
    ['a file', () => file(), /is not a folder/],
    ['not absolute', () => 'backup', /is not an absolute path/],
  ])('%s', async (_, make, message) => {
    const where = make()
    const had = existsSync(where) && statSync(where).isDirectory() ? readdirSync(where) : []
    expect(await codeOf(store.backup({ folder: where, release: '' }))).toMatch(message)
    expect(existsSync(where) && statSync(where).isDirectory() ? readdirSync(where) : []).toEqual(had)
  })

  function linked(to: string): string {
    symlinkSync(to, join(away, 'link'))
    return join(away, 'link', 'backup')
  }
  function strangers(name: string): string {
    mkdirSync(target)
    writeFileSync(join(target, name), '{}')
    return target
  }
  function file(): string {
    writeFileSync(target, '')
    return target
  }
})

test('there is one backup at a time', async () => {
  await add('one', LARGE)
  const first = backUp()
  expect(await codeOf(backUp())).toMatch(/^busy: a backup is being made already/)
  await first
  await backUp()
})

test('a backup of a later release is left alone', async () => {
  await backUp()
  const manifest = join(target, 'manifest.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"format": 1', '"format": 2'))
  expect(await codeOf(backUp())).toMatch(/was written by release 1\.2\.3/)
  expect(await codeOf(() => restored())).toMatch(/was written by release 1\.2\.3/)
})

test('a damaged message is named, and the backup of before stays', async () => {
  const { hash } = await add('good', LARGE)
  await backUp()
  await add('other', LARGE)
  const [path] = [...listBlobFiles(folder.dir)].filter(({ name }) => name !== hash).map((found) => found.path)
  appendFileSync(path ?? '', 'x')
  expect(await codeOf(backUp())).toBe(
    `damaged: ${path} does not have the content that was stored: run "posthorn store repair", then back up again`,
  )
  unlinkSync(path ?? '')
  expect(await codeOf(backUp())).toMatch(/is not there: run "posthorn store repair"/)
  restored()
  expect([...(await found()).values()]).toEqual([hash])
})

describe('a damaged backup is refused, the file is named, and nothing is left in the data folder', () => {
  test.each([
    ['a changed message', () => changed(/blobs.*[0-9a-f]{64}$/), /blobs\/.* is not what was backed up/],
    ['a lost message', () => lost(/blobs.*[0-9a-f]{64}$/), /blobs\/.* is not there/],
    ['a changed database', () => changed(/posthorn\.db$/), /posthorn\.db is not what was backed up/],
    ['a lost database', () => lost(/posthorn\.db$/), /posthorn\.db is not there/],
    ['a changed key', () => changed(/secret\.key$/), /secret\.key is not what was backed up/],
    ['a manifest that is cut off', () => cut(), /manifest\.json is damaged/],
    ['a manifest that leads out', () => leadingOut(), /manifest\.json is damaged/],
    ['no manifest', () => lost(/manifest\.json$/), /has no finished backup in it/],
  ])('%s', async (_, damage, message) => {
    await add('one', LARGE)
    writeFileSync(join(folder.dir, 'secret.key'), 'secret')
    await backUp()
    damage()
    expect(await codeOf(() => restored())).toMatch(message)
    expect(existsSync(data) ? readdirSync(data).filter((name) => name !== 'lock.db') : []).toEqual([])
  })

  const pathOf = (wanted: RegExp): string => {
    const path = readdirSync(target, { recursive: true, encoding: 'utf8' }).find((name) => wanted.test(name))
    if (path === undefined) throw new Error(`no ${wanted}`)
    return join(target, path)
  }
  function changed(wanted: RegExp): void {
    const content = readFileSync(pathOf(wanted))
    const at = Math.floor(content.length / 2)
    content[at] = (content[at] ?? 0) ^ 1
    writeFileSync(pathOf(wanted), content)
  }
  const lost = (wanted: RegExp): void => unlinkSync(pathOf(wanted))
  function cut(): void {
    writeFileSync(pathOf(/manifest/), readFileSync(pathOf(/manifest/), 'utf8').slice(0, 100))
  }
  function leadingOut(): void {
    const path = pathOf(/manifest/)
    writeFileSync(path, readFileSync(path, 'utf8').replace('"secret.key"', '"../secret.key"'))
  }
})

describe('restore', () => {
  test('takes an empty folder, and no other', async () => {
    await backUp()
    mkdirSync(data)
    restored()
    expect(await codeOf(() => restored())).toMatch(/data is not empty: remove it/)
    expect((await found()).size).toBe(0)
    expect(await codeOf(() => restore({ backup: away, dir: data, at: 0, keepUidValidity: false }))).toMatch(
      /no finished backup/,
    )
    const within = { backup: target, dir: join(target, 'data'), at: 0, keepUidValidity: false }
    expect(await codeOf(() => restore(within))).toMatch(/is in the backup/)
  })

  test('says that a server runs on the folder', async () => {
    await backUp()
    const onServed = { backup: target, dir: folder.dir, at: 0, keepUidValidity: false }
    expect(await codeOf(() => restore(onServed))).toMatch(/^busy: .* is in use by another server .*: stop it/)
  })

  test('that was interrupted is served by nobody, and done again', async () => {
    const { uid, hash } = await add('one')
    await backUp()
    mkdirSync(join(data, 'restoring'), { recursive: true })
    writeFileSync(join(data, 'restoring', 'posthorn.db'), 'half')
    expect(await codeOf(found())).toMatch(/has an interrupted restore in it/)
    restored()
    expect(await found()).toEqual(new Map([[uid, hash]]))
    mkdirSync(join(data, 'restoring'))
    expect(await codeOf(() => restored())).toMatch(/has half of an interrupted restore in it: remove it/)
  })

  test.each([false, true])('keeps UIDVALIDITY only when told so: %s', async (keep) => {
    await backUp()
    const later = await store.addUser({
      ...{ address: 'later@example.test', displayName: '', passwordHash: '' },
      mailboxes: [{ name: 'INBOX', specialUse: null }],
    })
    const [given] = await store.listMailboxes(later.id)
    const [before] = await store.listMailboxes((await store.findUser('ann@example.test'))?.id ?? (0 as never))
    restored(keep)
    const opened = await openSqliteStore({ dir: data, clock: folder.clock, random: (n) => Buffer.alloc(n, 7) })
    const [after] = await opened.listMailboxes((await opened.findUser('ann@example.test'))?.id ?? (0 as never))
    const made = await opened.createMailbox((await opened.findUser('ann@example.test'))?.id ?? (0 as never), {
      ...{ name: 'new', specialUse: null },
    })
    await checkInvariants(opened)
    await opened.close()
    if (keep) expect(after).toEqual(before)
    else {
      expect(after?.uidValidity).toBeGreaterThan(given?.uidValidity ?? Number.POSITIVE_INFINITY)
      expect(made.uidValidity).toBeGreaterThan(after?.uidValidity ?? Number.POSITIVE_INFINITY)
      expect(made.id).not.toBe(given?.id)
    }
  })
})
