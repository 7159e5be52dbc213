/** A process that opens a folder and makes in the background what old mail lacks, until it is killed: `node deriving.mjs DIR`. */
import { systemClock } from '../../dist/src/core/clock.js'
import { systemRandom } from '../../dist/src/core/ids.js'
import { openSqliteStore } from '../../dist/src/store/sqlite/open.js'

const [, , dir] = process.argv
const limits = { messagesPerDerivation: 2 }
await openSqliteStore({ dir, clock: systemClock, random: systemRandom, background: true, limits })
