/** What we use of libqp 2; the registry has types of 1. */
declare module 'libqp' {
  const libqp: {
    /** `text`: octets as Latin-1. */
    decode(text: string): Buffer
  }
  export = libqp
}
