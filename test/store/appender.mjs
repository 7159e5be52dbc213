/** A process that appends mail until it is killed: `node appender.mjs DIR`. It prints the name of each message that was acknowledged. */
import { systemClock } from '../../dist/src/core/clock.js'
import { systemRandom } from '../../dist/src/core/ids.js'
import { openSqliteStore } from '../../dist/src/store/sqlite/open.js'

const IN_FLIGHT = 10
/** Every so many messages one is large enough to be a file. */
const LARGE_EVERY = 17

const store = await openSqliteStore({ dir: process.argv[2], clock: systemClock, random: systemRandom })
const user = await store.findUser('ann@example.test')
const inbox = await store.findMailbox(user.id, 'INBOX')
let next = 0

async function appendForEver() {
  for (;;) {
    const name = `${process.pid}-${next++}`
    const size = next % LARGE_EVERY === 0 ? 1_200_000 : next * 37
    const content = Buffer.from(`Subject: ${name}\r\n\r\n${'x'.repeat(size)}`)
    const spool = store.newSpool()
    for (let at = 0; at < content.length; at += 65_536) await spool.write(content.subarray(at, at + 65_536))
    const message = { blob: await spool.seal(), flags: { system: 0, keywords: [] }, internalDate: 0, internalZone: 0 }
    await store.append(inbox.id, [message])
    process.stdout.write(`${name}\n`)
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, appendForEver))
