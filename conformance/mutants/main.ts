#!/usr/bin/env node
/**
 * Breaks a copy of our server in one way after the other, and tells which transcripts notice. Exit code 1 if one is not
 * noticed. `--fair`: by the judge that other servers are held by; a text: those with it in their names.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { type Mutant, mutants } from './mutants.js'

const run = promisify(execFile)
/** Of the package: this is dist/conformance/mutants/. */
const root = fileURLToPath(new URL('../../../', import.meta.url))
/** Milliseconds for all transcripts: a server that hangs is noticed, too. */
const PATIENCE = 300_000
/** Names of transcripts that a line shows. */
const SHOWN = 3

const { values, positionals } = parseArgs({ options: { fair: { type: 'boolean' } }, allowPositionals: true })
const judge = values.fair === true ? 'fair' : 'exact'
const [wanted = ''] = positionals

/** A copy of the sources that can be broken, compiled and played. */
class Copy {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async make(): Promise<Copy> {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-mutants-'))
    for (const part of ['src', 'conformance', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
      await cp(join(root, part), join(folder, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const settings = { extends: './tsconfig.build.json', include: ['src', 'conformance'] }
    await writeFile(join(folder, 'tsconfig.mutant.json'), JSON.stringify(settings))
    return new Copy(folder)
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }

  /** The transcripts that fail with `mutant`, or what else became of it. */
  async play({ file, find, replace }: Mutant): Promise<readonly string[]> {
    const path = join(this.#folder, file)
    const text = await readFile(path, 'utf8')
    await writeFile(
      path,
      text.replace(find, () => replace),
    )
    try {
      return await this.#played()
    } finally {
      await writeFile(path, text)
    }
  }

  async #played(): Promise<readonly string[]> {
    // Types and unused names are no matter here: what compiles is emitted all the same.
    await run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.mutant.json'], { cwd: this.#folder }).catch(
      () => {},
    )
    try {
      const { stdout } = await run('node', ['dist/conformance/mutants/play-all.js', judge], {
        cwd: this.#folder,
        timeout: PATIENCE,
      })
      return JSON.parse(stdout) as string[]
    } catch (error) {
      return [`the server could not be played: ${error instanceof Error ? error.message.split('\n')[0] : error}`]
    }
  }
}

/** @returns how many were not noticed */
async function work(left: Mutant[]): Promise<number> {
  const copy = await Copy.make()
  let survived = 0
  try {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const failed = await copy.play(mutant)
      if (failed.length === 0) survived++
      console.log(line(mutant, failed))
    }
  } finally {
    await copy.remove()
  }
  return survived
}

function line({ name, file }: Mutant, failed: readonly string[]): string {
  if (failed.length === 0) return `NOT NOTICED  ${name} (${file})`
  const more = failed.length > SHOWN ? ` and ${failed.length - SHOWN} more` : ''
  return `noticed      ${name}: ${failed.slice(0, SHOWN).join(', ')}${more}`
}

const left = mutants.filter(({ name }) => name.includes(wanted))
const all = left.length
const workers = Array.from({ length: Math.min(availableParallelism(), all) }, () => work(left))
const survived = (await Promise.all(workers)).reduce((sum, one) => sum + one, 0)
console.log(`${all - survived} of ${all} deliberate faults are noticed by a transcript`)
process.exitCode = survived === 0 && all > 0 ? 0 : 1
