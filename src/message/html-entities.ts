/** Character references of HTML (HTML 4.01 §24, and the numeric ones): what mail has of them. */

const names = (first: number, list: string): (readonly [string, string])[] =>
  list.split(' ').map((name, i) => [name, String.fromCodePoint(first + i)] as const)

/** §24.2.1: U+00A0 to U+00FF in order. §24.3.1: the Greek letters in order, `-` where there is none. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ...names(
    0xa0,
    'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro ' +
      'para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil ' +
      'Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave ' +
      'Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml ' +
      'igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute ' +
      'thorn yuml',
  ),
  ...names(
    0x391,
    'Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho - Sigma Tau Upsilon Phi Chi Psi Omega',
  ),
  ...names(
    0x3b1,
    'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega',
  ),
  ...names(0x2013, 'ndash mdash'),
  ...names(0x2018, 'lsquo rsquo sbquo'),
  ...names(0x201c, 'ldquo rdquo bdquo'),
  ...Object.entries({
    ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", euro: '€', hellip: '…', bull: '•', trade: '™' },
    ...{ OElig: 'Œ', oelig: 'œ', Scaron: 'Š', scaron: 'š', Yuml: 'Ÿ', fnof: 'ƒ', circ: 'ˆ', tilde: '˜' },
    ...{ ensp: '\u2002', emsp: '\u2003', thinsp: '\u2009', zwnj: '\u200c', zwj: '\u200d' },
    ...{ dagger: '†', Dagger: '‡', permil: '‰', prime: '′', Prime: '″', lsaquo: '‹', rsaquo: '›', oline: '‾' },
    ...{ larr: '←', uarr: '↑', rarr: '→', darr: '↓', harr: '↔', minus: '−', infin: '∞', ne: '≠', le: '≤', ge: '≥' },
  }),
])

/** Characters of the longest reference, `&` and `;` included. */
export const LONGEST_REFERENCE = 12

const REFERENCE = /&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,9});/g

function character(code: number): string {
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  return code === 0 || code > 0x10ffff || isSurrogate ? '\ufffd' : String.fromCodePoint(code)
}

/** What is no reference that we know stays as it is. */
export const decodeReferences = (text: string): string =>
  text.replace(REFERENCE, (all, name: string) => {
    if (!name.startsWith('#')) return NAMED.get(name) ?? all
    const isHex = /^#x/i.test(name)
    return character(Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10))
  })
