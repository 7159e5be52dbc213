/** Text as XML takes it: markup escaped, and the characters that no document may have written out. */

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Good for text and for quoted attributes, of XML 1.0 and of HTML alike. */
export const xmlText = (text: string): string =>
  text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(
      /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/g,
      (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .replace(/[&<>"']/g, (sign) => MARKUP[sign] ?? sign)

/** An element with its attributes; children are XML already. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const words = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${xmlText(String(value)).replace(/\s/g, spaces)}"`,
  )
  const start = `<${name}${words.join('')}`
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`
}

/** In an attribute, a line end would be read as a space. */
const spaces = (sign: string): string => (sign === ' ' ? sign : `&#${sign.charCodeAt(0)};`)
