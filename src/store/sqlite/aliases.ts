/** AliasStore on SQLite: reads here, writes through the writer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Alias, AliasStore } from '../store.js'
import { type Parts, ROWS_PER_ACCOUNT } from './accounts.js'
import { readAliases, readOldestUser, readSettings, readTargets } from './read-aliases.js'
import { reading } from './reading.js'

export const aliasStore = ({ sql, submit, clock, limits }: Parts): AliasStore => ({
  updateDomain: (name, update) => submit({ kind: 'update-domain', name: name.toLowerCase(), update }),
  findDomainSettings: (name) => reading(() => readSettings(sql, name.toLowerCase())),
  addAlias: async (address, targets) => {
    if (targets.length === 0) throw new Error('an alias needs a target')
    return submit({ kind: 'add-alias', address: address.toLowerCase(), targets, at: clock.now() })
  },
  removeAlias: async (address, targets) => {
    await submit({ kind: 'remove-alias', address: address.toLowerCase(), targets })
  },
  listAliases: async (domain) => {
    const aliases: Alias[] = []
    const limit = Math.ceil(limits.rowsPerSlice / ROWS_PER_ACCOUNT)
    for (;;) {
      const after = aliases.at(-1)?.address ?? ''
      const slice = await reading(() => readAliases(sql, domain?.toLowerCase() ?? null, after, limit))
      aliases.push(...slice)
      if (slice.length < limit) return aliases
      await nextTurn()
    }
  },
  findAlias: (address) => reading(() => readTargets(sql, address.toLowerCase())),
  findOldestUser: (domain) => reading(() => readOldestUser(sql, domain.toLowerCase())),
})
