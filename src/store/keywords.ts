/** How keywords are compared: without regard to ASCII case (RFC 9051 §9: flag-keyword is an atom, RFC 3501 §2.3.2). */
import { lowerAscii } from '../core/domain-name.js'

export const foldKeyword = lowerAscii
