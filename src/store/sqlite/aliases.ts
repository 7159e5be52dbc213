/** AliasStore on SQLite: reads here, writes through the writer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { lowerAscii } from '../../core/domain-name.js'
import { foldAddress } from '../../core/local-part.js'
import type { Alias, AliasStore } from '../store.js'
import { type Parts, ROWS_PER_ACCOUNT } from './accounts.js'
import { readAliases, readLeading, readOldestUser, readSettings, readTargets } from './read-aliases.js'
import { reading } from './reading.js'

export const aliasStore = ({ sql, submit, clock, limits }: Parts): AliasStore => ({
  updateDomain: (name, update) => submit({ kind: 'update-domain', name: lowerAscii(name), update }),
  findDomainSettings: (name) => reading(() => readSettings(sql, lowerAscii(name))),
  addAlias: async (address, targets) => {
    if (targets.length === 0) throw new Error('an alias needs a target')
    return submit({ kind: 'add-alias', address: foldAddress(address), targets, at: clock.now() })
  },
  removeAlias: async (address, targets) => {
    await submit({ kind: 'remove-alias', address: foldAddress(address), targets })
  },
  listAliases: async (domain) => {
    const aliases: Alias[] = []
    const limit = Math.ceil(limits.rowsPerSlice / ROWS_PER_ACCOUNT)
    for (;;) {
      const after = aliases.at(-1)?.address ?? ''
      const slice = await reading(() =>
        readAliases(sql, domain === undefined ? null : lowerAscii(domain), after, limit),
      )
      aliases.push(...slice)
      if (slice.length < limit) return aliases
      await nextTurn()
    }
  },
  findAlias: (address) => reading(() => readTargets(sql, foldAddress(address))),
  findLeading: (address, limit) => reading(() => readLeading(sql, foldAddress(address), limit)),
  findOldestUser: (domain) => reading(() => readOldestUser(sql, lowerAscii(domain))),
})
