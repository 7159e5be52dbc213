/** The secrets of users, apart from their accounts: read by the authenticator, written with the password hash. */
import type { AccountId } from '../../core/ids.js'
import type { ScramKeys, UserSecrets } from '../store.js'
import type { Statements } from './statements.js'

type ScramColumns = { readonly [K in keyof ScramKeys]: ScramKeys[K] | null }

export function readSecrets(sql: Statements, address: string): UserSecrets | null {
  const row = sql.get<ScramColumns & Pick<UserSecrets, 'cramMd5'>>(
    `SELECT s.scram_salt AS salt, s.scram_iterations AS iterations, s.scram_stored_key AS storedKey,
       s.scram_server_key AS serverKey, s.cram_md5 AS cramMd5
     FROM account_secret s JOIN account a ON a.id = s.account WHERE a.address = ?`,
    address,
  )
  return row === undefined ? null : { scram: scramOf(row), cramMd5: row.cramMd5 }
}

function scramOf({ salt, iterations, storedKey, serverKey }: ScramColumns): ScramKeys | null {
  if (salt === null || iterations === null || storedKey === null || serverKey === null) return null
  return { salt, iterations, storedKey, serverKey }
}

/** In place of what there was. null: the user has none any more. */
export function writeSecrets(sql: Statements, account: AccountId, secrets: UserSecrets | null): void {
  sql.run('DELETE FROM account_secret WHERE account = ?', account)
  if (secrets === null) return
  const { scram, cramMd5 } = secrets
  sql.run(
    `INSERT INTO account_secret (account, scram_salt, scram_iterations, scram_stored_key, scram_server_key, cram_md5)
     VALUES (?, ?, ?, ?, ?, ?)`,
    account,
    scram?.salt ?? null,
    scram?.iterations ?? null,
    scram?.storedKey ?? null,
    scram?.serverKey ?? null,
    cramMd5,
  )
}
