/** The keys of [store]: how mail is kept. */
import { z } from 'zod'
import { key, section } from './config-keys.js'
import { count, duration } from './config-values.js'
import { storeLimits } from './limits.js'

export const store = section(
  {
    duplicate_window: key(
      duration({ min: 0 }),
      storeLimits.duplicateWindow,
      `the same message again in one mailbox within this time, by SMTP or LMTP, is kept once; "0s": each time`,
    ),
    search_index: key(
      z.boolean(),
      true,
      'keep an index of the text of messages: a third of the size of the text; without it, a search reads every message',
    ),
    reader_threads: key(
      count({ min: 1, max: 64 }),
      storeLimits.readerThreads,
      'threads for searches and for taking messages apart; they start when there is work',
    ),
  },
  'how mail is kept',
)
