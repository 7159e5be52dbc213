/** `npm run bench`: mail over SMTP; `-- imap`: sessions; `-- queue`: mail to others; `-- store`: the store alone, and a large mailbox. `--help` behind each. */
const OTHERS: { readonly [name: string]: () => Promise<unknown> } = {
  imap: () => import('./imap.js'),
  queue: () => import('./queue.js'),
  store: () => import('./store.js'),
}

const [first = ''] = process.argv.slice(2)
const other = OTHERS[first]
if (other !== undefined) process.argv.splice(2, 1)
await (other ?? (() => import('./smtp.js')))()
