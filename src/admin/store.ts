/** /v1/store: the data as a whole. */
import { z } from 'zod'
import type { Freed } from '../store/store.js'
import { route } from './route.js'

const problems = z.array(z.object({ kind: z.string(), detail: z.string() }))

export const checkStore = route({
  method: 'POST',
  path: '/v1/store/check',
  summary: 'Hold all data against each other; works while mail flows',
  success: 200,
  input: z.strictObject({}),
  reply: z.object({ problems }),
  run: async ({ store }) => ({ problems: (await store.check()).map(({ kind, detail }) => ({ kind, detail })) }),
})

export const repairStore = route({
  method: 'POST',
  path: '/v1/store/repair',
  summary: 'Make again what is derived, and move what is damaged to the quarantine; works while mail flows',
  success: 200,
  input: z.strictObject({ dry_run: z.boolean().default(false) }),
  reply: z.object({
    done: problems.describe('What was set right; of a dry run, what would be'),
    left: problems.describe('What is still wrong'),
  }),
  run: async ({ store }, { dry_run: dryRun }) => {
    const { done, left } = await store.repair({ dryRun })
    return { done: [...done], left: [...left] }
  },
})

const freed = z.object({ count: z.number(), bytes: z.number() })

export const collectGarbage = route({
  method: 'POST',
  path: '/v1/store/gc',
  summary: 'Take away what no message has any more; works while mail flows',
  success: 200,
  input: z.strictObject({ dry_run: z.boolean().default(false) }),
  reply: z.object({
    contents: freed.describe('Contents without a message; octets of small ones stay in the database for the next ones'),
    contents_in_use: z.number().describe('Such contents that a session still reads'),
    files: freed.describe('Files of contents that the database does not know'),
    files_in_doubt: z.number().describe('Such files that may be mail whose rows are lost'),
    spool: freed.describe('Leftovers of messages that were arriving'),
    deliveries: z.number().describe('Notes of deliveries that are too old to find duplicates by'),
    expunged: z.number().describe('Notes of expunged messages, where a mailbox has more than are kept'),
  }),
  run: async ({ store }, { dry_run: dryRun }) => {
    const { contents, inUse, files, doubtful, spool, ...notes } = await store.collectGarbage({ dryRun })
    const bytes = ({ count, octets }: Freed): z.infer<typeof freed> => ({ count, bytes: octets })
    const [all, unknown, left] = [bytes(contents), bytes(files), bytes(spool)]
    return { contents: all, contents_in_use: inUse, files: unknown, files_in_doubt: doubtful, spool: left, ...notes }
  },
})

export const backupStore = route({
  method: 'POST',
  path: '/v1/store/backup',
  summary: 'Copy all of the data to a folder, and answer when that is done; works while mail flows',
  success: 200,
  input: z.strictObject({
    folder: z.string().describe('An absolute path: a backup of before, an empty folder, or one that is not there'),
  }),
  reply: z.object({
    folder: z.string(),
    taken_at: z.iso.datetime(),
    schema: z.number(),
    users: z.number(),
    messages: z.number(),
    database_bytes: z.number(),
    files_copied: z.number().describe('Files of large messages that were not in the backup'),
    bytes_copied: z.number(),
    files_kept: z.number(),
    files_removed: z.number(),
    not_included: z.array(z.string()),
  }),
  run: async ({ store, status }, { folder }) => {
    const done = await store.backup({ folder, release: status().version })
    const { takenAt, schema, users, messages } = done
    return {
      folder: done.folder,
      taken_at: new Date(takenAt).toISOString(),
      ...{ schema, users, messages, database_bytes: done.databaseOctets },
      ...{ files_copied: done.copied, bytes_copied: done.copiedOctets },
      ...{ files_kept: done.kept, files_removed: done.removed, not_included: [...done.notIncluded] },
    }
  },
})
