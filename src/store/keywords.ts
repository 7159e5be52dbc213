/** How keywords are compared: without regard to ASCII case (RFC 9051 §9: flag-keyword is an atom, RFC 3501 §2.3.2). */
export const foldKeyword = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
