/** What random tests are made of. */
import fc from 'fast-check'

/** Any way a network may cut `bytes` into pieces; no piece is lost, some may be empty. */
export const cut = (bytes: Buffer): fc.Arbitrary<Buffer[]> =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 })
    .map((at) =>
      [0, ...at.sort((a, b) => a - b), bytes.length]
        .slice(0, -1)
        .map((from, i, starts) => bytes.subarray(from, starts[i + 1] ?? bytes.length)),
    )

/** One piece for each octet. */
export const everyOctet = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))

/** Octets that parsers care about, in unlikely company. */
export const hostileOctets = (special: string): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.oneof(fc.constantFrom(...special), fc.string({ minLength: 1, maxLength: 3, unit: 'binary' })), {
      maxLength: 60,
    })
    .map((parts) => Buffer.from(parts.join(''), 'latin1'))
