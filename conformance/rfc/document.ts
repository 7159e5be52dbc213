/** docs/rfc.md: of each RFC that we implement its sections, the sources that cite them, and the transcripts that show them. Pure. */
import { nameOf } from '../result.js'
import { rfcIndex, sorted } from '../rfc-index.js'
import { citationsIn } from './citations.js'
import { IMPLEMENTED, implemented } from './implemented.js'
import { type Example, printed, reasonOf, type Transcripts, unshown } from './shown.js'

const INTRODUCTION = `# The RFCs, what implements them, and what shows it

<!-- Made by conformance/rfc/document.ts: npx vitest run conformance/rfc/document -u -->

For each section of the RFCs that we implement: the sources that cite it (of \`src/\`), and the transcripts that show it
(of \`conformance/\`). \`conformance/rfc-index.json\` has the sections and the client lines of the examples that the RFCs print,
made of the RFC Editor's texts by \`npm run rfc-index -- FOLDER\`. The tests refuse a citation of a section that does not
exist, a row of the server's tables whose RFC no transcript cites, and a printed line that is neither shown nor has its reason
in \`conformance/examples.ts\`.

An asterisk marks an RFC whose text was not at hand: what is cited of it is as we remember it, and was not checked.
`

/** A file and what it says. */
export interface Source {
  /** From the root: `src/imap/session.ts`. */
  readonly file: string
  readonly text: string
}

/** Section → names; '' stands for the RFC as a whole. */
type Places = ReadonlyMap<string, ReadonlySet<string>>

interface Shown {
  readonly rfc: string
  readonly sections: readonly string[]
  readonly sources: Places
  readonly transcripts: Places
  readonly printed: readonly Example[]
  readonly unshown: readonly Example[]
}

export function rfcDocument(sources: readonly Source[], transcripts: Transcripts): string {
  const cited = placesBy(sources.map(({ file, text }) => ({ name: file.replace(/^src\//, ''), text })))
  const all = [...transcripts.smtp, ...transcripts.imap]
  const shown = placesBy(all.map((transcript) => ({ name: nameOf(transcript), text: transcript.header.rfc })))
  const rfcs = implemented.map(
    (rfc): Shown => ({
      rfc,
      sections: sorted(Object.keys(rfcIndex()[rfc]?.sections ?? {})),
      sources: cited.get(rfc) ?? new Map(),
      transcripts: shown.get(rfc) ?? new Map(),
      printed: printed(rfc),
      unshown: unshown(rfc, transcripts),
    }),
  )
  const others = [...new Set([...cited.keys(), ...shown.keys()])].filter((rfc) => !implemented.includes(rfc))
  return [INTRODUCTION, ...figures(rfcs), ...rfcs.flatMap((one) => [...chapter(one)]), ...alsoCited(others), ''].join(
    '\n',
  )
}

function placesBy(texts: readonly { readonly name: string; readonly text: string }[]): Map<string, Places> {
  const all = new Map<string, Map<string, Set<string>>>()
  for (const { name, text } of texts)
    for (const { rfc, section } of citationsIn(text)) {
      const places = all.get(rfc) ?? new Map<string, Set<string>>()
      all.set(rfc, places.set(section ?? '', (places.get(section ?? '') ?? new Set<string>()).add(name)))
    }
  return all
}

const titled = (rfc: string): string => `RFC ${rfc}${rfcIndex()[rfc]?.text === true ? '' : ' \\*'}`

function* figures(rfcs: readonly Shown[]): Generator<string> {
  yield '| RFC | | sections | cited in source | with transcripts | transcripts | printed lines | shown |'
  yield '| --- | --- | --: | --: | --: | --: | --: | --: |'
  for (const [group, numbers] of Object.entries(IMPLEMENTED)) {
    yield `| **${group}** | | | | | | | |`
    const inGroup: readonly string[] = numbers
    for (const one of rfcs.filter(({ rfc }) => inGroup.includes(rfc))) yield figuresOf(one)
  }
}

function figuresOf({ rfc, sections, sources, transcripts, printed, unshown }: Shown): string {
  const within = (places: Places): number => sections.filter((section) => places.has(section)).length
  const names = new Set([...transcripts.values()].flatMap((of) => [...of]))
  const counts = [sections.length, within(sources), within(transcripts), names.size]
  const examples = printed.length === 0 ? ['', ''] : [printed.length, printed.length - unshown.length]
  const link = `[${titled(rfc)}](#rfc-${rfc})`
  return `| ${[link, rfcIndex()[rfc]?.title ?? '', ...counts, ...examples].join(' | ')} |`
}

function* chapter({ rfc, sections, sources, transcripts, unshown }: Shown): Generator<string> {
  yield* ['', `## RFC ${rfc}`, '', rfcIndex()[rfc]?.title ?? '', '']
  const has = (section: string): boolean => sources.has(section) || transcripts.has(section)
  const rows = ['', ...sections].filter(has)
  if (rows.length > 0) {
    yield* ['| section | source | transcripts |', '| --- | --- | --- |']
    for (const section of rows) yield rowOf(rfc, section, sources, transcripts)
  }
  const rest = sections.filter((section) => !has(section))
  if (rest.length > 0) yield* ['', `Not shown: ${rest.map((section) => `§${section}`).join(', ')}.`]
  if (unshown.length > 0) yield* ['', 'Printed in examples, and not shown:', '']
  for (const example of unshown)
    yield `- §${example.section} \`${example.line}\`: ${reasonOf(example) ?? 'no transcript yet'}`
}

function rowOf(rfc: string, section: string, sources: Places, transcripts: Places): string {
  const title = rfcIndex()[rfc]?.sections[section] ?? ''
  const name = section === '' ? '(as a whole)' : `§${section} ${title.replaceAll('|', '\\|')}`.trim()
  const list = (places: Places): string => [...(places.get(section) ?? [])].sort().join(', ')
  return `| ${name} | ${list(sources)} | ${list(transcripts)} |`
}

function* alsoCited(rfcs: readonly string[]): Generator<string> {
  yield* ['', '## Also cited', '']
  for (const rfc of [...rfcs].sort((a, b) => Number(a) - Number(b)))
    yield `- ${titled(rfc)}${rfcIndex()[rfc] === undefined ? '' : `: ${rfcIndex()[rfc]?.title}`}`
}
