/**
 * Cuts a message into consecutive sections by its MIME index: headers, bodies of leaves, and what is between the parts
 * of a multipart. Each octet is in one of them.
 */
import type { PartIndex, Range } from './index-types.js'

export interface Section {
  /** glue: boundary lines, and what a multipart has before its first and behind its last part. */
  readonly kind: 'header' | 'body' | 'glue'
  readonly range: Range
  /** It is in a message inside the message. */
  readonly isInside: boolean
}

/** A part, and which of the sections are its own: numbers of the list. */
export interface SectionedPart {
  readonly part: PartIndex
  /** The message, or one inside. */
  readonly isMessage: boolean
  /** Of its header, the first of its sections. */
  readonly header: number
  /** Behind its last section, those of its parts included. */
  readonly end: number
  readonly parts: readonly SectionedPart[]
}

export interface Sectioned {
  /** In their order, without gaps; some may be empty. */
  readonly sections: readonly Section[]
  readonly root: SectionedPart
}

/** `start`: where the message begins that is meant, within the header of the stored one. */
export function sectionsOf(root: PartIndex, start: number): Sectioned {
  const cutter = new Cutter()
  const header = { start: Math.min(start, root.header.end), end: root.header.end }
  return { root: cutter.cut({ ...root, header }, true), sections: cutter.sections }
}

class Cutter {
  readonly sections: Section[] = []
  /** Messages that are open. */
  #messages = 0

  cut(part: PartIndex, isMessage: boolean): SectionedPart {
    if (isMessage) this.#messages++
    const header = this.sections.length
    this.#add('header', part.header.start, part.header.end)
    const parts = this.#inside(part)
    if (isMessage) this.#messages--
    return { part, isMessage, header, end: this.sections.length, parts }
  }

  #inside(part: PartIndex): SectionedPart[] {
    if (part.kind === 'message') return part.parts.map((inner) => this.cut(inner, true))
    let at = part.body.start
    const parts = part.parts.map((inner) => {
      this.#add('glue', at, inner.header.start)
      at = inner.body.end
      return this.cut(inner, false)
    })
    this.#add(part.kind === 'multipart' ? 'glue' : 'body', at, part.body.end)
    return parts
  }

  #add(kind: Section['kind'], start: number, end: number): void {
    this.sections.push({ kind, range: { start, end }, isInside: this.#messages > 1 })
  }
}
