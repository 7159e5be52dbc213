/** What we use of libmime 5.4; the registry's types are those of 5.3, and ask for more packages. */
declare module 'libmime' {
  interface HeaderValue {
    readonly value: string | false
    readonly params: Readonly<Record<string, string>>
  }
  const libmime: {
    /** RFC 2047; takes what is no encoded word as it is. */
    decodeWords(text: string): string
    /** Parameters in lower case; those of RFC 2231 put together and decoded. */
    parseHeaderValue(text: string): HeaderValue
    /** The name that is meant by an alias of a charset; an unknown one comes back. */
    normalizeCharset(label: string): string
  }
  export = libmime
}
