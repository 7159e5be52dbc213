/** AppPasswordStore on SQLite: reads here, writes through the writer. */
import { foldAddress } from '../../core/local-part.js'
import type { AppPasswordStore } from '../store.js'
import type { Parts } from './accounts.js'
import { readAppPassword, readAppPasswords } from './read-app-passwords.js'
import { reading } from './reading.js'

/** Addresses are compared in lower case, names of app passwords octet by octet. */
export const appPasswordStore = ({ sql, submit, clock }: Omit<Parts, 'limits'>): AppPasswordStore => ({
  addAppPassword: (address, added) =>
    submit({ kind: 'add-app-password', address: foldAddress(address), added, at: clock.now() }),
  listAppPasswords: (address) => reading(() => readAppPasswords(sql, foldAddress(address))),
  removeAppPassword: (address, name) => submit({ kind: 'remove-app-password', address: foldAddress(address), name }),
  findAppPassword: (account, digest) => reading(() => readAppPassword(sql, account, digest)),
})
