/** A process that opens a folder of data and closes it again: `node opener.mjs DIR`. */
import { systemClock } from '../../dist/src/core/clock.js'
import { systemRandom } from '../../dist/src/core/ids.js'
import { openSqliteStore } from '../../dist/src/store/sqlite/open.js'

const store = await openSqliteStore({ dir: process.argv[2], clock: systemClock, random: systemRandom })
await store.close()
