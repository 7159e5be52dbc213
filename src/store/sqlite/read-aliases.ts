/** Queries about aliases and the settings of domains; for the writer as well as for readers. */
import type { Alias, DomainSettings, Leading, Recipient } from '../store.js'
import type { Statements } from './statements.js'

export interface SettingsRow {
  /** A JSON array. */
  readonly catchAll: string
  readonly subaddressing: number
  readonly separator: string
  readonly detailFolders: number
}

/** The columns of a SettingsRow, out of `domain`. */
export const SETTINGS = `subaddressing, separator, detail_folders AS detailFolders,
  (SELECT json_group_array(target ORDER BY target) FROM catch_all WHERE catch_all.domain = domain.name) AS catchAll`

export const toSettings = (row: SettingsRow): DomainSettings => ({
  catchAll: JSON.parse(row.catchAll) as string[],
  subaddressing: row.subaddressing === 1,
  separator: row.separator,
  detailFolders: row.detailFolders === 1,
})

export function readSettings(sql: Statements, domain: string): DomainSettings | null {
  const row = sql.get<SettingsRow>(`SELECT ${SETTINGS} FROM domain WHERE name = ?`, domain)
  return row === undefined ? null : toSettings(row)
}

/** null: there is no such alias. */
export function readTargets(sql: Statements, address: string): string[] | null {
  const rows = sql.all<{ target: string }>('SELECT target FROM alias_target WHERE alias = ? ORDER BY target', address)
  return rows.length === 0 ? null : rows.map(({ target }) => target)
}

interface AliasRow {
  readonly address: string
  readonly createdAt: number
  /** A JSON array. */
  readonly targets: string
}

const ALIAS = `SELECT address, created_at AS createdAt,
  (SELECT json_group_array(target ORDER BY target) FROM alias_target t WHERE t.alias = alias.address) AS targets FROM alias`

const toAlias = ({ address, createdAt, targets }: AliasRow): Alias => ({
  address,
  targets: JSON.parse(targets) as string[],
  createdAt,
})

export function readAlias(sql: Statements, address: string): Alias | null {
  const row = sql.get<AliasRow>(`${ALIAS} WHERE address = ?`, address)
  return row === undefined ? null : toAlias(row)
}

/** Those behind `after` by address, at most `limit`; of one domain, or of all when it is null. */
export function readAliases(sql: Statements, domain: string | null, after: string, limit: number): Alias[] {
  const rows =
    domain === null
      ? sql.all<AliasRow>(`${ALIAS} WHERE address > ? ORDER BY address LIMIT ?`, after, limit)
      : sql.all<AliasRow>(`${ALIAS} WHERE domain = ? AND address > ? ORDER BY address LIMIT ?`, domain, after, limit)
  return rows.map(toAlias)
}

export function readLeading(sql: Statements, target: string, limit: number): Leading {
  const aliases = sql.all<{ alias: string }>(
    'SELECT alias FROM alias_target WHERE target = ? ORDER BY alias LIMIT ?',
    target,
    limit,
  )
  const catchAlls = sql.all<{ domain: string }>(
    'SELECT domain FROM catch_all WHERE target = ? ORDER BY domain LIMIT ?',
    target,
    limit,
  )
  return { aliases: aliases.map(({ alias }) => alias), catchAlls: catchAlls.map(({ domain }) => domain) }
}

const OLDEST = `SELECT a.id AS account, a.address, a.status, m.id AS inbox
  FROM account a JOIN mailbox m ON m.account = a.id AND m.name = 'INBOX' WHERE a.status = 'active'`

export const readOldestUser = (sql: Statements, domain: string): Recipient | null =>
  sql.get<Recipient>(`${OLDEST} AND a.domain = ? ORDER BY a.id LIMIT 1`, domain) ??
  sql.get<Recipient>(`${OLDEST} ORDER BY a.id LIMIT 1`) ??
  null
