/** Takes passwords out of what is reported: a dialogue has them in clear and in base64, and a report is passed on. */
import { escaped } from './pattern.js'
import type { Mask } from './result.js'
import { type Credentials, givenFor } from './world.js'

const HIDDEN = '********'
/** A shorter password may be a part of other words: it is hidden where it stands alone. */
const DISTINCT = 8

export function passwordMask(users: readonly Credentials[]): Mask {
  const secrets = users.flatMap((user) =>
    givenFor('x', user).flatMap(([name, value]) => (/password|plain/.test(name) ? [value] : [])),
  )
  // The longest first: one may be within another.
  const sources = [...new Set(secrets)]
    .filter((secret) => secret !== '')
    .sort((one, other) => other.length - one.length)
    .map((secret) => (secret.length < DISTINCT ? `(?<![\\w.@-])${escaped(secret)}(?![\\w.@-])` : escaped(secret)))
  if (sources.length === 0) return (line) => line
  const pattern = new RegExp(sources.join('|'), 'g')
  return (line) => line.replace(pattern, HIDDEN)
}
