/** A store on disk for one world after the other: it can crash, start again, and forget everybody. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Clock, FakeClock } from '../src/core/clock.js'
import { systemRandom } from '../src/core/ids.js'
import type { StoreLimits } from '../src/core/limits.js'
import { openParts, type SqliteParts } from '../src/store/sqlite/open.js'
import type { Store } from '../src/store/store.js'

/** Each world begins at its own time, and the store stays: it asks this clock. */
class ClockOfWorld implements Clock {
  world = new FakeClock()
  readonly now = (): number => this.world.now()
  readonly after = (ms: number, fire: () => void): (() => void) => this.world.after(ms, fire)
}

type Limits = Partial<StoreLimits>

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'posthorn-conformance-'))
const open = (dir: string, clock: Clock, limits: Limits = {}): Promise<SqliteParts> =>
  openParts({ dir, clock, random: systemRandom, limits })

/** What belongs to the process that has the folder open, and not to its data. */
const OF_THE_PROCESS: readonly string[] = ['lock.db', 'posthorn.pid']

export class StoreFolder {
  readonly #clock: ClockOfWorld
  #dir: string
  #parts: SqliteParts
  /** Those that differ in this world. */
  #limits: Limits = {}

  private constructor(dir: string, clock: ClockOfWorld, parts: SqliteParts) {
    this.#dir = dir
    this.#clock = clock
    this.#parts = parts
  }

  static async create(): Promise<StoreFolder> {
    const [dir, clock] = [newFolder(), new ClockOfWorld()]
    return new StoreFolder(dir, clock, await open(dir, clock))
  }

  get store(): Store {
    return this.#parts.store
  }

  set clock(clock: FakeClock) {
    this.#clock.world = clock
  }

  async restart(): Promise<void> {
    await this.store.close()
    this.#parts = await open(this.#dir, this.#clock, this.#limits)
  }

  /** What a process that is killed now would leave on disk; `continueWith` goes on from there. */
  snapshot(): string {
    const dir = newFolder()
    cpSync(this.#dir, dir, { recursive: true, filter: (path) => !OF_THE_PROCESS.includes(basename(path)) })
    return dir
  }

  async continueWith(snapshot: string): Promise<void> {
    await this.remove()
    this.#dir = snapshot
    this.#parts = await open(snapshot, this.#clock, this.#limits)
  }

  /** As on a disk that has become read-only, or is well again. */
  async setWritable(writable: boolean): Promise<void> {
    if (!writable) await this.#settled()
    await this.#parts.writer.pragma(`query_only = ${writable ? 'OFF' : 'ON'}`)
  }

  /** What the world before has left is gone: a disk that refuses to remove it would be asked again in this one's time. */
  async #settled(): Promise<void> {
    const { writer } = this.#parts
    while (await writer.submit({ kind: 'erase-removed', limit: 1000 })) {}
    // The store's own remover hears that nothing is left, and contents that nobody refers to any more are erased.
    for (let i = 0; i < 3; i++) await writer.submit({ kind: 'barrier' })
  }

  /** Back to how it began, but for what only the store itself can see. `limits`: those that differ from now on. */
  async clear(limits: Limits): Promise<void> {
    for (const { address } of await this.store.listAliases()) await this.store.removeAlias(address, null)
    for (const { address } of await this.store.listUsers()) await this.store.removeUser(address)
    for (const { name } of await this.store.listDomains()) await this.store.removeDomain(name)
    if (Object.keys({ ...limits, ...this.#limits }).length === 0) return
    this.#limits = limits
    await this.restart()
  }

  async remove(): Promise<void> {
    await this.store.close()
    rmSync(this.#dir, { recursive: true })
  }
}
