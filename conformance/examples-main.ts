#!/usr/bin/env node
/** Names what RFCs print in their examples and no transcript shows: `node dist/conformance/examples-main.js 3501 5258`. */
import { readTranscripts } from './files.js'
import { implemented } from './rfc/implemented.js'
import { missing, printed } from './rfc/shown.js'
import { rfcIndex } from './rfc-index.js'

const transcripts = { smtp: readTranscripts('smtp'), imap: readTranscripts('imap') }
const asked = process.argv.slice(2)
for (const rfc of asked.length > 0 ? asked : implemented) {
  const lines = missing(rfc, transcripts)
  if (lines.length === 0 && asked.length === 0) continue
  console.log(
    `RFC ${rfc} (${rfcIndex()[rfc]?.title ?? 'not in the index'}): ${lines.length} of ${printed(rfc).length} missing`,
  )
  for (const { section, line } of lines) console.log(`  §${section}  ${line}`)
}
