/** Aliases and the settings of domains, inside the writer's transactions. */
import { aliasLimits } from '../../core/limits.js'
import { StoreError } from '../errors.js'
import { readAlias } from './read-aliases.js'
import { noSuchAlias } from './refusals.js'
import { knownDomain } from './write-accounts.js'
import type { Apply, WriteContext } from './write-context.js'

export const updateDomain: Apply<'update-domain'> = (cx, { name, update }) => {
  const { catchAll, subaddressing, separator, detailFolders } = update
  knownDomain(cx, name)
  cx.sql.run(
    `UPDATE domain SET subaddressing = coalesce(?, subaddressing), separator = coalesce(?, separator),
       detail_folders = coalesce(?, detail_folders) WHERE name = ?`,
    bit(subaddressing),
    separator ?? null,
    bit(detailFolders),
    name,
  )
  if (catchAll !== undefined) setCatchAll(cx, name, new Set(catchAll))
  return knownDomain(cx, name)
}

const bit = (value: boolean | undefined): number | null => (value === undefined ? null : Number(value))

function setCatchAll(cx: WriteContext, domain: string, targets: ReadonlySet<string>): void {
  if (targets.size > aliasLimits.targets) throw tooManyTargets(domain)
  cx.sql.run('DELETE FROM catch_all WHERE domain = ?', domain)
  for (const target of targets) cx.sql.run('INSERT INTO catch_all VALUES (?, ?)', domain, target)
}

const tooManyTargets = (subject: string): StoreError =>
  new StoreError('too-many-targets', `${subject} would have more than ${aliasLimits.targets} targets`)

export const addAlias: Apply<'add-alias'> = (cx, { address, targets, at }) => {
  const { name: domain } = knownDomain(cx, address.slice(address.lastIndexOf('@') + 1))
  if (cx.sql.get('SELECT 1 FROM account WHERE address = ?', address) !== undefined) {
    throw new StoreError('user-exists', `user ${address} exists`)
  }
  cx.sql.run('INSERT OR IGNORE INTO alias (address, domain, created_at) VALUES (?, ?, ?)', address, domain, at)
  for (const target of targets) cx.sql.run('INSERT OR IGNORE INTO alias_target VALUES (?, ?)', address, target)
  const alias = readAlias(cx.sql, address)
  if (alias === null) throw noSuchAlias(address)
  if (alias.targets.length > aliasLimits.targets) throw tooManyTargets(address)
  return alias
}

export const removeAlias: Apply<'remove-alias'> = (cx, { address, targets }) => {
  const alias = readAlias(cx.sql, address)
  if (alias === null) throw noSuchAlias(address)
  for (const target of targets ?? alias.targets) {
    cx.sql.run('DELETE FROM alias_target WHERE alias = ? AND target = ?', address, target)
  }
  const left = cx.sql.get('SELECT 1 FROM alias_target WHERE alias = ?', address)
  if (left === undefined) cx.sql.run('DELETE FROM alias WHERE address = ?', address)
  return null
}
