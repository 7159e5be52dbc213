/** The contract of the queue in the store, on each implementation. */
import { newModelStore, newSqliteStore } from '../../test/store/implementations.js'
import { queueContracts } from '../../test/store-contract.js'

queueContracts('model store', newModelStore)
queueContracts('SQLite store', newSqliteStore)
