/** /v1/store: the data as a whole. */
import { z } from 'zod'
import { route } from './route.js'

export const checkStore = route({
  method: 'POST',
  path: '/v1/store/check',
  summary: 'Hold all data against each other; works while mail flows',
  success: 200,
  input: z.strictObject({}),
  reply: z.object({ problems: z.array(z.object({ kind: z.string(), detail: z.string() })) }),
  run: async ({ store }) => ({ problems: (await store.check()).map(({ kind, detail }) => ({ kind, detail })) }),
})
