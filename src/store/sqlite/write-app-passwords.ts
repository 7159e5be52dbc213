/** App passwords, inside the writer's transactions. */
import type { AccountId, AppPasswordId } from '../../core/ids.js'
import { authLimits } from '../../core/limits.js'
import { StoreError } from '../errors.js'
import type { AppPassword } from '../store.js'
import { readAppPassword } from './read-app-passwords.js'
import { noSuchUser } from './refusals.js'
import type { Apply, WriteContext } from './write-context.js'

export const addAppPassword: Apply<'add-app-password'> = (cx, { address, added, at }): AppPassword => {
  const account = accountOf(cx, address)
  const { name, digest, access } = added
  const held = cx.sql.get<{ n: number }>('SELECT count(*) AS n FROM app_password WHERE account = ?', account)
  if (cx.sql.get('SELECT 1 FROM app_password WHERE account = ? AND name = ?', account, name) !== undefined)
    throw new StoreError('app-password-exists', `${address} has an app password of that name`)
  if ((held?.n ?? 0) >= authLimits.appPasswords)
    throw new StoreError('too-many-app-passwords', `${address} has ${authLimits.appPasswords} app passwords`)
  cx.sql.run(
    `INSERT INTO app_password (account, name, digest, allow_smtp, allow_imap, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
    account,
    name,
    digest,
    Number(access.smtp),
    Number(access.imap),
    at,
  )
  const made = readAppPassword(cx.sql, account, digest)
  if (made === null) throw new Error('an app password was not kept')
  return made
}

export const removeAppPassword: Apply<'remove-app-password'> = (cx, { address, name }) => {
  const account = accountOf(cx, address)
  const removed = cx.sql.get<{ id: AppPasswordId }>(
    'DELETE FROM app_password WHERE account = ? AND name = ? RETURNING id',
    account,
    name,
  )
  if (removed === undefined) throw new StoreError('no-such-app-password', `${address} has no app password of that name`)
  return removed.id
}

export function recordUse(cx: WriteContext, appPassword: AppPasswordId, at: number): void {
  cx.sql.run('UPDATE app_password SET last_used = max(coalesce(last_used, 0), ?) WHERE id = ?', at, appPassword)
}

function accountOf(cx: WriteContext, address: string): AccountId {
  const row = cx.sql.get<{ id: AccountId }>('SELECT id FROM account WHERE address = ?', address)
  if (row === undefined) throw noSuchUser(address)
  return row.id
}
