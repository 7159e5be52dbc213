/** The contract of the store, on each implementation. */
import { newModelStore, newSqliteStore } from '../../test/store/implementations.js'
import { storeContract } from '../../test/store-contract.js'

storeContract('model store', newModelStore)
storeContract('SQLite store', newSqliteStore)
