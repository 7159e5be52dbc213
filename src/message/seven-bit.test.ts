/** A message in 7 bits has the same parts, and each decodes to the same: by our reading and by that of mailparser. */
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { corpus } from '../../test/corpus.js'
import { build, leaf, message, type Tree } from '../../test/mime-tree.js'
import type { PartIndex } from './index-types.js'
import { OctetPatch } from './octet-patch.js'
import { readPartHeader } from './part-header.js'
import { LONG_LINE, SectionScanner, traitsOf } from './section-scan.js'
import { sectionsOf } from './sections.js'
import { sevenBit } from './seven-bit.js'
import { MessageIndexer } from './structure.js'
import { transferDecoder } from './transfer-decoder.js'

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

function rootOf(mail: Buffer): PartIndex {
  const indexer = new MessageIndexer()
  indexer.push(mail)
  return indexer.end().root
}

function scanned(mail: Buffer) {
  const sectioned = sectionsOf(rootOf(mail), 0)
  const scanner = new SectionScanner(sectioned.sections)
  scanner.push(mail)
  return { sectioned, scan: scanner.end() }
}

/** null: it cannot be done. */
function converted(mail: Buffer, pieces: Iterable<Buffer> = [mail]): Buffer | null {
  const { sectioned, scan } = scanned(mail)
  const plan = sevenBit(sectioned, scan)
  if (plan === null) return null
  const patch = new OctetPatch(plan.edits, 0)
  const out: Buffer[] = []
  for (const piece of pieces) out.push(...patch.push(piece))
  const result = Buffer.concat([...out, ...patch.end()])
  expect(result.length).toBeLessThanOrEqual(plan.size)
  return result
}

interface Leaf {
  readonly type: string
  readonly name: string | null
  readonly content: Buffer
}

function leaves(mail: Buffer, part: PartIndex = rootOf(mail)): Leaf[] {
  if (part.kind !== 'leaf') return part.parts.flatMap((inner) => leaves(mail, inner))
  const { type, name, encoding } = readPartHeader(mail.subarray(part.header.start, part.header.end))
  const decoder = transferDecoder(encoding)
  const content = Buffer.concat([decoder.push(mail.subarray(part.body.start, part.body.end)), decoder.end()])
  return [{ type, name, content }]
}

const shape = (part: PartIndex): unknown => [part.kind, part.parts.map(shape)]

/** 7bit data of RFC 2045 §2.7; what was a long line of a header stays one. */
function expectSevenBit(mail: Buffer): void {
  const { sectioned, scan } = scanned(mail)
  expect(traitsOf(scan, 0, scan.traits.length) & ~LONG_LINE).toBe(0)
  for (const [i, { kind }] of sectioned.sections.entries()) if (kind !== 'header') expect(scan.traits[i]).toBe(0)
}

/** By mailparser; text without the line ends behind it, which it is at odds with itself about. It leaves messages inside to us. */
async function read(mail: Buffer): Promise<unknown> {
  const { text, html, attachments } = await simpleParser(mail, { skipTextToHtml: true, skipHtmlToText: true })
  const inside = attachments.map(async ({ contentType, content }) => [
    contentType,
    contentType === 'message/rfc822' ? await read(content) : content,
  ])
  return { text: text?.trimEnd(), html, attachments: await Promise.all(inside) }
}

const types = ['text/plain; charset=utf-8', 'text/html; charset=iso-8859-1', 'image/png', 'application/octet-stream']
const texts = [
  ...[
    '',
    'hello\r\n',
    'Gr\xc3\xbc\xc3\x9fe\r\n',
    'two \r\n\xc3\xa9nd\r\n',
    '--=_1_2\r\n-\r\n',
    '=E9=\r\n',
    'From \xc3\xa9',
  ],
  ...[
    'x'.repeat(1200),
    `\xc3\xbc ${'long '.repeat(300)}\r\n`,
    `${'x'.repeat(75)}--=_0_0\xc3\xa9`,
    '.\r\n..\xc3\xa9\r\n',
  ],
]
const field = (name: string, value: string): string => `${name}: ${value}\r\n`
const cte = (encoding: string): string => field('Content-Transfer-Encoding', encoding)

const plainLeaf = (bodies: fc.Arbitrary<string>): fc.Arbitrary<Tree> =>
  fc
    .tuple(fc.constantFrom(...types), fc.constantFrom('', cte('8bit'), cte('7bit'), cte('8BIT (say) ')), bodies)
    .map(([type, encoding, body]) => leaf(body, `${encoding}${field('Content-Type', type)}`))

const encodedLeaf: fc.Arbitrary<Tree> = fc
  .tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 2000 }), fc.boolean())
  .map(([type, content, isLong]) => {
    const text = Buffer.from(content).toString('base64')
    const body = isLong ? text : text.replace(/.{76}/g, '$&\r\n')
    return leaf(body, `${field('Content-Type', type)}${cte('base64')}`)
  })

const treeOf = (bodies: fc.Arbitrary<string>): fc.Arbitrary<Tree> =>
  fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      plainLeaf(bodies),
      encodedLeaf,
      fc
        .tuple(fc.constantFrom('', cte('8bit'), cte('binary')), fc.array(tie('tree'), { minLength: 1, maxLength: 3 }))
        .map(([header, parts]): Tree => ({ kind: 'multipart', header, parts })),
      fc.tuple(fc.constantFrom('', cte('8bit')), tie('tree')).map(([header, inner]) => message(inner, header)),
    ),
  })).tree

/** As a mail begins. */
const mailOf = (tree: Tree): Buffer => {
  const own = `${field('Subject', 'hello')}${field('MIME-Version', '1.0')}`
  return build({ ...tree, header: `${own}${tree.header}` }).bytes
}

const anyBody = fc.oneof(
  fc.constantFrom(...texts),
  fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content).toString('latin1')),
  fc.array(fc.constantFrom('\0', '\r', '\n', '\r\n', 'x', '\xe9', ' ')).map((pieces) => pieces.join('')),
)

describe('any message', () => {
  test('it decodes to the same, in 7 bits', () => {
    fc.assert(
      fc.property(treeOf(anyBody).map(mailOf), (mail) => {
        const sent = converted(mail)
        if (sent === null) throw new Error('it can be done')
        if (!sent.equals(mail)) expectSevenBit(sent)
        expect(shape(rootOf(sent))).toEqual(shape(rootOf(mail)))
        expect(leaves(sent)).toEqual(leaves(mail))
      }),
      { numRuns: 500 },
    )
  })

  test('how it is cut makes no difference', () => {
    const cutMail = treeOf(anyBody)
      .map(mailOf)
      .chain((mail) => fc.tuple(fc.constant(mail), cut(mail)))
    fc.assert(
      fc.property(cutMail, ([mail, pieces]) => {
        expect(converted(mail, pieces)).toEqual(converted(mail))
      }),
    )
  })

  test('it is never done by halves, whatever the octets are', () => {
    const lines = [
      ...['--a', '--a--', '--b', '--b--', '', '', 'x', '\xe9', 'a: 1', ' \xe9', cte('8bit').trim(), cte('x-y').trim()],
      ...['Content-Type: multipart/mixed; boundary=a', 'Content-Type: multipart/signed; boundary="b"'],
      ...['Content-Type: message/rfc822', 'Content-Type: message/global', 'Content-Type: text/plain', '\0', '\r', '\n'],
    ]
    const nasty = fc
      .array(fc.constantFrom(...lines), { maxLength: 40 })
      .map((all) => octets(`Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n${all.join('\r\n')}`))
    fc.assert(
      fc.property(nasty, (mail) => {
        const sent = converted(mail)
        if (sent !== null && !sent.equals(mail)) expectSevenBit(sent)
      }),
      { numRuns: 1000 },
    )
  })

  test('mailparser reads the same', async () => {
    await fc.assert(
      fc.asyncProperty(treeOf(fc.constantFrom(...texts)).map(mailOf), async (mail) => {
        expect(await read(converted(mail) ?? octets(''))).toEqual(await read(mail))
      }),
    )
  })
})

describe.each(corpus().filter(({ octets: mail }) => /[\x80-\xff]/.test(mail.toString('latin1'))))(
  '$name',
  ({ octets: mail }) => {
    const sent = converted(mail)

    test('it decodes to the same, unless octets beyond ASCII are in its header', async () => {
      const { sectioned, scan } = scanned(mail)
      const inHeader = sectioned.sections.some(({ kind }, i) => kind === 'header' && ((scan.traits[i] ?? 0) & 1) !== 0)
      expect(sent === null).toBe(inHeader)
      if (sent === null) return
      expectSevenBit(sent)
      expect(leaves(sent)).toEqual(leaves(mail))
      expect(await read(sent)).toEqual(await read(mail))
    })
  },
)

const sent = (text: string): string | undefined => converted(octets(text))?.toString('latin1')

test('what is 7bit already stays as it is, labels and long lines too', () => {
  const mail = `${cte('8bit')}\r\n${'x'.repeat(2000)}\r\n`
  expect(sent(mail)).toBe(mail)
})

test('without MIME it becomes text of an unknown charset (RFC 1428 §3)', () => {
  expect(sent('Subject: a\r\n\r\nGr\xfc\xdfe\r\n')).toBe(
    'Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n' +
      'Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n',
  )
  expect(sent('Gr\xfc\xdfe\r\n')).toMatch(/^MIME-Version: 1.0\r\n[\s\S]*\r\n\r\nGr=FC=DFe\r\n$/)
})

test('a label is replaced where it stands, a second one goes', () => {
  const mail = `${cte('8bit')}Content-Type: text/plain\r\n${cte('binary')}MIME-Version: 1.0\r\n\r\n\xe9\r\n`
  expect(sent(mail)).toBe(`${cte('quoted-printable')}Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\n=E9\r\n`)
})

const mixed = (...parts: readonly string[]): string => {
  const type =
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
  return `${type}${parts.map((part) => `--a\r\n${part}\r\n`).join('')}--a--\r\n`
}

test('labels around and beside what is converted follow', () => {
  expect(sent(mixed(`${cte('8bit')}\r\nplain`, `${cte('8bit')}Content-Type: text/x\r\n\r\n\xe9`))).toBe(
    mixed(`${cte('7bit')}\r\nplain`, `${cte('quoted-printable')}Content-Type: text/x\r\n\r\n=E9`).replace(
      '8bit',
      '7bit',
    ),
  )
})

test('what is before the first part and behind the last is not worth a bounce', () => {
  const mail = mixed('\r\nx').replace('--a\r\n', 'Pr\xe4ambel\r\n--a\r\n')
  expect(sent(`${mail}Ende gut, \xe4hem\r\n`)).toBe(mixed('\r\nx').replace('8bit', '7bit'))
})

test('a message inside is converted inside (RFC 2046 §5.2.1)', () => {
  const mail = mixed(`Content-Type: message/rfc822\r\n${cte('8bit')}\r\nSubject: b\r\n\r\n\xe9`)
  expect(sent(mail)).toContain(`Content-Type: message/rfc822\r\n${cte('7bit')}\r\nSubject: b\r\nMIME-Version: 1.0\r\n`)
})

test('an internationalised one as a whole (RFC 6532 §3.7)', () => {
  const inner = 'Subject: \xc3\xa9\r\n\r\n\xc3\xa9'
  const mail = sent(mixed(`Content-Type: message/global\r\n\r\n${inner}`)) ?? ''
  expect(mail).toContain('Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\n')
  expect(mail).toContain(octets(inner).toString('base64'))
})

test('what is signed and 7bit stays to the octet, beside what is converted', () => {
  const signed =
    `Content-Type: multipart/signed; boundary=s\r\n${cte('8bit')}\r\n--s\r\n${cte('8bit')}\r\n` +
    `${'x'.repeat(999)}\r\n--s\r\n\r\nseal\r\n--s--`
  expect(sent(mixed(signed, '\r\n\xe9'))).toContain(`--a\r\n${signed}\r\n--a\r\n`)
})

test.each([
  ['a header field', 'Subject: \xe9\r\n\r\n\xe9\r\n'],
  ['a header field of a part', mixed('Content-Description: \xe9\r\n\r\nx')],
  ['a header field of a message inside', mixed('Content-Type: message/rfc822\r\n\r\nSubject: \xe9\r\n\r\nx')],
  ['something signed', mixed('Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n\xe9\r\n--s--')],
  ['a multipart without parts', mixed('Content-Type: multipart/mixed; boundary=z\r\n\r\n\xe9')],
  ['an encoded message', mixed(`Content-Type: message/rfc822\r\n${cte('base64')}\r\n\xe9`)],
  ['a piece of a message', mixed('Content-Type: message/partial\r\n\r\n\xe9')],
  ['an encoding that nobody knows', mixed(`${cte('x-uue')}\r\n\xe9`)],
  ['a boundary', "Content-Type: multipart/mixed; boundary*=utf-8''%E9\r\n\r\n--\xe9\r\n\r\n\xe9\r\n--\xe9--\r\n"],
  [
    'a line that is not between boundaries but ends one',
    mixed('\r\n\xe9', '\r\nx').replace('--a\r\n\r\nx', '--a \xe9\r\n\r\nx'),
  ],
])('%s cannot be had in 7 bits', (_, mail) => {
  expect(sent(mail)).toBeUndefined()
})
