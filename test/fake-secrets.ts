/** Secrets of users under a key that every test has, derived fast. */

import { SECRET_KEY_OCTETS, Secrets } from '../src/accounts/secrets.js'
import { systemRandom } from '../src/core/ids.js'

export const testSecrets = (): Secrets =>
  new Secrets({ key: Buffer.alloc(SECRET_KEY_OCTETS, 7), random: systemRandom, iterations: 4096 })
