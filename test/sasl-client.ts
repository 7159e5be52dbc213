/** The SASL client of the conformance runner, for tests of all kinds. */
export { cramAnswer, type ScramStart, scramFinal, scramFirst } from '../conformance/sasl-client.js'
