/** A store that takes its time: what is asked of it waits until the world lets it go on. */

/** They give something at once, and so nothing that could wait. */
const AT_ONCE: ReadonlySet<string | symbol> = new Set(['newSpool', 'onDuty', 'storage'])

export class Stall {
  /** null: nothing waits. */
  #until: Promise<void> | null = null
  #goOn: () => void = () => {}

  begin(): void {
    this.#until ??= new Promise((resolve) => {
      this.#goOn = resolve
    })
  }

  end(): void {
    this.#goOn()
    this.#until = null
  }

  /** `store`, whose answers wait while there is a stall. */
  held<T extends object>(store: T): T {
    return new Proxy(store, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function' || AT_ONCE.has(key)) return value
        return (...args: readonly unknown[]): unknown =>
          this.#until === null ? value.apply(target, args) : this.#until.then(() => value.apply(target, args))
      },
    })
  }
}
