/** A program for people at a terminal of its own, in a tmux of its own: keys go in, and the screen is looked at until it shows something. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const COLUMNS = 100
const LINES = 30
/** Milliseconds between two looks at the screen. */
const LOOK = 50

export class Terminal {
  readonly #socket: string

  /** Runs `command` of the shell, in `dir`, where tmux keeps its socket too. `env` is added to the environment. */
  constructor(dir: string, command: string, env: NodeJS.ProcessEnv = {}) {
    this.#socket = join(dir, 'tmux.sock')
    const size = ['-x', String(COLUMNS), '-y', String(LINES)]
    this.#tmux(['-f', '/dev/null', 'new-session', '-d', ...size, '-c', dir, command], { LANG: 'C.UTF-8', ...env })
  }

  #tmux(args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
    const { stdout } = spawnSync('tmux', ['-S', this.#socket, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
    return stdout
  }

  /** What it shows now; nothing once the program has ended. */
  screen(): string {
    return this.#tmux(['capture-pane', '-p'])
  }

  /** Presses keys by their tmux names, or types text, and looks until the screen shows `pattern`: the time limit of a test is its end. */
  async press(keys: readonly string[], pattern: RegExp): Promise<string> {
    this.#tmux(['send-keys', ...keys])
    return this.shows(pattern)
  }

  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const screen = this.screen()
      if (pattern.test(screen)) return screen
      await wait(LOOK)
    }
  }

  /** Ends the program, if it still runs. */
  end(): void {
    this.#tmux(['kill-server'])
  }
}
