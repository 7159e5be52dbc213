/** What we use of libbase64; the registry has no types of it. */
declare module 'libbase64' {
  const libbase64: {
    /** Groups with padding between them, each decoded by itself. */
    decode(text: string): Buffer
  }
  export = libbase64
}
