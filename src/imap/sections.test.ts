import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { build, leaf, message, mimeTree, multipart, type Tree } from '../../test/mime-tree.js'
import { MessageIndexer } from '../message/structure.js'
import { findSection, type Section, type SectionText } from './sections.js'

/** `4.2.HEADER` as a Section: for tests whose subject is not the parser. */
function section(name: string): Section {
  const words = name.split('.').filter((word) => word !== '')
  const part = words.filter((word) => /^\d/.test(word)).map(Number)
  const kind = (words.find((word) => /^\D/.test(word)) ?? 'whole').toLowerCase()
  return { part, text: { kind } as SectionText }
}

function read(tree: Tree, name: string): string | null {
  const { bytes, index } = build(tree)
  const range = findSection(index, section(name))
  return range === null ? null : bytes.toString('latin1', range.start, range.end)
}

describe('the example tree of RFC 3501 §6.4.5', () => {
  const forwarded = (parts: readonly Tree[]): Tree => ({ kind: 'multipart', header: 'Subject: forwarded\r\n', parts })
  const tree: Tree = {
    kind: 'multipart',
    header: 'Subject: top\r\n',
    parts: [
      leaf('one', 'X-Part: 1\r\n'),
      leaf('two', 'X-Part: 2\r\n'),
      message(forwarded([leaf('three-one'), leaf('three-two', 'X-Part: 3.2\r\n')]), 'X-Part: 3\r\n'),
      multipart(
        leaf('gif', 'X-Part: 4.1\r\n'),
        message(forwarded([leaf('four-two-one'), multipart(leaf('plain'), leaf('rich', 'X-Rich: 1\r\n'))])),
      ),
    ],
  }
  test.each<[string, RegExp | string | null]>([
    ['HEADER', /^Subject: top\r\nContent-Type: multipart\/mixed; boundary="[^"]+"\r\n\r\n$/],
    ['TEXT', /^--.*--\r\n$/s],
    ['1', 'one'],
    ['2', 'two'],
    ['3', /^Subject: forwarded\r\n.*--\r\n$/s],
    ['3.HEADER', /^Subject: forwarded\r\nContent-Type: multipart\/mixed; boundary="[^"]+"\r\n\r\n$/],
    ['3.TEXT', /^--.*--\r\n$/s],
    ['3.MIME', 'X-Part: 3\r\nContent-Type: message/rfc822\r\n\r\n'],
    ['3.1', 'three-one'],
    ['3.2', 'three-two'],
    ['3.2.MIME', 'X-Part: 3.2\r\n\r\n'],
    ['4', /^--.*gif.*--\r\n$/s],
    ['4.1', 'gif'],
    ['4.1.MIME', 'X-Part: 4.1\r\n\r\n'],
    ['4.2', /^Subject: forwarded\r\n/],
    ['4.2.HEADER', /^Subject: forwarded\r\n.*\r\n\r\n$/s],
    ['4.2.TEXT', /^--.*rich.*--\r\n$/s],
    ['4.2.1', 'four-two-one'],
    ['4.2.2', /^--.*plain.*--\r\n$/s],
    ['4.2.2.1', 'plain'],
    ['4.2.2.2', 'rich'],
    ['4.2.2.2.MIME', 'X-Rich: 1\r\n\r\n'],
    // What is not there.
    ['5', null],
    ['4294967295', null],
    ['1.1', null],
    ['1.HEADER', null],
    ['1.TEXT', null],
    ['4.HEADER', null],
    ['4.TEXT', null],
    ['4.2.2.HEADER', null],
    ['3.3', null],
    ['3.1.1.MIME', null],
  ])('%s', (name, expected) => {
    const got = read(tree, name)
    if (expected instanceof RegExp) expect(got).toMatch(expected)
    else expect(got).toBe(expected)
  })
})

describe('a message that is no multipart has a part 1, which is itself', () => {
  const plain = leaf('body', 'Subject: s\r\n')
  test.each([
    ['', 'Subject: s\r\n\r\nbody'],
    ['1', 'body'],
    ['TEXT', 'body'],
    ['1.MIME', 'Subject: s\r\n\r\n'],
    ['1.TEXT', null],
    ['1.HEADER', null],
    ['1.1', null],
    ['2', null],
  ])('[%s]', (name, expected) => expect(read(plain, name)).toBe(expected))
})

describe('a message whose whole body is a message', () => {
  const wrapped = message(leaf('inside', 'Subject: inner\r\n'), 'Subject: outer\r\n')
  test.each([
    ['HEADER', 'Subject: outer\r\nContent-Type: message/rfc822\r\n\r\n'],
    ['1', 'Subject: inner\r\n\r\ninside'],
    ['1.MIME', 'Subject: outer\r\nContent-Type: message/rfc822\r\n\r\n'],
    ['1.HEADER', 'Subject: inner\r\n\r\n'],
    ['1.TEXT', 'inside'],
    ['1.1', 'inside'],
    ['1.1.MIME', 'Subject: inner\r\n\r\n'],
    ['1.2', null],
  ])('%s', (name, expected) => expect(read(wrapped, name)).toBe(expected))
})

test('HEADER and TEXT together are the message, and so are those of each message inside', () => {
  fc.assert(
    fc.property(mimeTree, (tree) => {
      expect(`${read(tree, 'HEADER')}${read(tree, 'TEXT')}`).toBe(read(tree, ''))
      for (const [name, part] of numbered(tree)) {
        if (part.kind !== 'message') continue
        expect(`${read(tree, `${name}.HEADER`)}${read(tree, `${name}.TEXT`)}`).toBe(read(tree, name))
      }
    }),
  )
})

test('every part is found under the number that the tree gives it', () => {
  fc.assert(
    fc.property(mimeTree, (tree) => {
      const all = numbered(tree)
      for (const [name, part] of all) {
        expect(read(tree, `${name}.MIME`)?.startsWith(part.header)).toBe(true)
        if (part.kind === 'leaf') expect(read(tree, name)).toBe(part.body)
        if (part.kind !== 'message') expect(read(tree, `${name}.TEXT`)).toBeNull()
      }
      const names = new Set(all.map(([name]) => name))
      for (const name of names) {
        const [, upper, last] = /^(.*?)(\d+)$/.exec(name) ?? []
        const next = `${upper}${Number(last) + 1}`
        if (!names.has(next)) expect(read(tree, next)).toBeNull()
      }
    }),
  )
})

/** All part numbers of a message, worked out from the words of RFC 3501 §6.4.5 rather than from an index. */
function numbered(tree: Tree, prefix = ''): [string, Tree][] {
  const parts = tree.kind === 'multipart' ? tree.parts : [tree]
  return parts.flatMap((part, i) => [
    [`${prefix}${i + 1}`, part] as [string, Tree],
    ...below(part, `${prefix}${i + 1}.`),
  ])
}

function below(part: Tree, prefix: string): [string, Tree][] {
  if (part.kind === 'message') return numbered(part.inner, prefix)
  return part.kind === 'multipart' ? numbered(part, prefix) : []
}

test('the indexer finds the same parts at the same octets', () => {
  fc.assert(
    fc.property(mimeTree, (tree) => {
      const { bytes, index } = build(tree)
      const indexer = new MessageIndexer()
      indexer.push(bytes)
      expect(indexer.end().root).toEqual(index.root)
    }),
    { numRuns: 300 },
  )
})
