/** Prepared statements of one connection, each made once. */
import type { Database, Statement } from 'better-sqlite3'

type Value = string | number | null | Uint8Array

/** Hears how each statement went, where somebody wants to know. */
export interface Observer {
  failed(error: unknown): void
  worked(): void
}

/**
 * Where every message passes, what a statement has changed is asked of another one rather than by RETURNING, for which
 * SQLite makes a table each time: 2.7 µs against 3.7 for a mailbox, 5.9 against 10 for a blob.
 *
 * The rows that come back are as their callers say: SQL has no types that the compiler could check, so the
 * claim stands beside each query, and STRICT tables hold the storage classes.
 */
export class Statements {
  readonly db: Database
  readonly #prepared = new Map<string, Statement<Value[]>>()

  readonly observer: Observer | null

  constructor(db: Database, observer: Observer | null = null) {
    this.db = db
    this.observer = observer
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#observed(() => this.#statement(sql).get(...values)) as Row | undefined
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#observed(() => this.#statement(sql).all(...values)) as Row[]
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

  /** For an INSERT that may do nothing. @returns the rowid that the row got; null: there is none */
  insertNew(sql: string, ...values: Value[]): number | null {
    const { changes, lastInsertRowid } = this.#statement(sql).run(...values)
    return changes === 0 ? null : Number(lastInsertRowid)
  }

  #observed<T>(work: () => T): T {
    if (this.observer === null) return work()
    try {
      const result = work()
      this.observer.worked()
      return result
    } catch (error) {
      this.observer.failed(error)
      throw error
    }
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
