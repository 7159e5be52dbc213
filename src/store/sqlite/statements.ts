/** Prepared statements of one connection, each made once. */
import type { Database, Statement } from 'better-sqlite3'

type Value = string | number | null | Uint8Array

/**
 * The rows that come back are as their callers say: SQL has no types that the compiler could check, so the
 * claim stands beside each query, and STRICT tables hold the storage classes.
 */
export class Statements {
  readonly db: Database
  readonly #prepared = new Map<string, Statement<Value[]>>()

  constructor(db: Database) {
    this.db = db
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[]
  }

  /** Row by row; nothing else may be asked of the connection until the last. */
  iterate<Row>(sql: string, ...values: Value[]): IterableIterator<Row> {
    return this.#statement(sql).iterate(...values) as IterableIterator<Row>
  }

  /** @returns how many rows were changed */
  run(sql: string, ...values: Value[]): number {
    return this.#statement(sql).run(...values).changes
  }

  /** @returns the rowid that the row got */
  insert(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid)
  }

  #statement(sql: string): Statement<Value[]> {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare<Value[]>(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
