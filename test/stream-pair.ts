/** The stream pair of the conformance runner, for tests of all kinds. */
export { streamPair } from '../conformance/stream-pair.js'
