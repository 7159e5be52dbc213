/** `npm run bench`: mail over SMTP; `npm run bench -- store`: the store alone, and a large mailbox. `--help` behind either. */
const [first] = process.argv.slice(2)
if (first === 'store') {
  process.argv.splice(2, 1)
  await import('./store.js')
} else await import('./smtp.js')
