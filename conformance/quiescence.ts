/** Tells when a server in process has nothing to do: no store or password work in flight, and nothing moves. */
import { setImmediate as turn } from 'node:timers/promises'

/** Turns of the event loop without any event that count as silence: TLS and streams pass octets on within a few. */
const QUIET_TURNS = 8
/** Turns that work may take: some minutes. Beyond it, something hangs. */
const MOST_TURNS = 3_000_000

export class Quiescence {
  #running = 0
  #events = 0

  /** Something happened that may lead to more. */
  event(): void {
    this.#events++
  }

  /** `object` with every promise and every stream that its methods return counted as work. */
  watched<T extends object>(object: T): T {
    return new Proxy(object, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...args: readonly unknown[]): unknown => this.#result(value.apply(target, args))
      },
    })
  }

  /** Resolves when nothing happens any more until somebody acts or time passes. @throws Error when that never comes */
  async silence(): Promise<void> {
    let seen = -1
    for (let quiet = 0, turns = 0; quiet < QUIET_TURNS; turns++) {
      if (turns > MOST_TURNS) throw new Error('the server does not come to rest')
      quiet = this.#running === 0 && this.#events === seen ? quiet + 1 : 0
      seen = this.#events
      await turn()
    }
  }

  #result(value: unknown): unknown {
    if (value instanceof Promise) return this.#counted(value).then((settled) => this.#made(settled))
    return this.#made(value)
  }

  /** Readers and spools work on: they are watched too. What is only data stays as it is. */
  #made(value: unknown): unknown {
    if (isStream(value)) return this.#stream(value)
    return isWorker(value) ? this.watched(value) : value
  }

  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#running++
    try {
      return await work
    } finally {
      this.#running--
      this.#events++
    }
  }

  async *#stream(source: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    const iterator = source[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await this.#counted(Promise.resolve(iterator.next()))
        if (done === true) return
        yield value
      }
    } finally {
      await iterator.return?.()
    }
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isStream = (value: unknown): value is AsyncIterable<unknown> => isObject(value) && Symbol.asyncIterator in value

/** A spool, a sealed blob or a reader: it has methods of its own that return promises or streams. */
const isWorker = (value: unknown): value is object =>
  isObject(value) && ('discard' in value || ('read' in value && 'size' in value))
