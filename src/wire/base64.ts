/** Strict base64 (RFC 4648 §4): what Node's decoder would forgive is an error here, as RFC 4954 §4 wants. */

const CANONICAL = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The octets, or null when `text` is not base64: a sign outside the alphabet, missing padding, stray bits. */
export function decodeBase64(text: string): Buffer | null {
  if (!CANONICAL.test(text)) return null
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? octets : null
}

export const encodeBase64 = (octets: Uint8Array | string): string => Buffer.from(octets as string).toString('base64')
