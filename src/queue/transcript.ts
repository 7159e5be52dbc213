/** What was said in a session, for whoever asks why: bounded, without contents and secrets. */
import { clientLimits } from '../core/limits.js'
import type { Trace } from '../wire/trace.js'

export class Transcript {
  /** Where the lines go as well. */
  trace: Trace | null = null
  #head: string[] = []
  #headRoom: number = clientLimits.transcriptHead
  #tail: string[] = []
  #tailRoom: number = clientLimits.transcriptTail
  #leftOut = 0

  /** What we said, or what of it may be seen. */
  client(line: string): void {
    this.trace?.client(line)
    this.#add(`C: ${line}`)
  }

  server(code: number, lines: readonly string[]): void {
    for (const [i, text] of lines.entries()) {
      const line = `${code}${i === lines.length - 1 ? ' ' : '-'}${text}`.trimEnd()
      this.trace?.server(line)
      this.#add(`S: ${line}`)
    }
  }

  content(octets: number): void {
    this.trace?.clientContent(octets)
    this.#add(`C: …(${octets} octets)`)
  }

  /** What happened, in our words. */
  note(text: string): void {
    this.#add(`(${text})`)
  }

  /** What was said since it was taken last. */
  take(): string {
    const gap = this.#leftOut === 0 ? [] : [`(… ${this.#leftOut} lines …)`]
    const text = [...this.#head, ...gap, ...this.#tail].map((line) => `${line}\n`).join('')
    this.#head = []
    this.#headRoom = clientLimits.transcriptHead
    this.#tail = []
    this.#tailRoom = clientLimits.transcriptTail
    this.#leftOut = 0
    return text
  }

  #add(whole: string): void {
    const { transcriptLine: most } = clientLimits
    const line = whole.length > most ? `${whole.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : whole
    if (this.#tail.length === 0 && this.#headRoom >= line.length) {
      this.#head.push(line)
      this.#headRoom -= line.length + 1
      return
    }
    this.#tail.push(line)
    this.#tailRoom -= line.length + 1
    while (this.#tailRoom < 0) {
      this.#tailRoom += (this.#tail.shift() ?? '').length + 1
      this.#leftOut++
    }
  }
}
