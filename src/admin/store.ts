/** /v1/store: the data as a whole. */
import { z } from 'zod'
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
