/**
 * Makes time pass faster in the process that it is loaded into, in each thread: `node --import fast-clock.mjs`, with
 * POSTHORN_TEST_CLOCK=SPEED:START, the second of which is when it was as late as it is (milliseconds since the epoch), so
 * that processes that follow each other agree.
 */
const [speed = 1, start = 0] = (process.env.POSTHORN_TEST_CLOCK ?? '').split(':').map(Number)
const { now } = Date
const { setTimeout } = globalThis

Date.now = () => Math.round(start + (now() - start) * speed)
globalThis.setTimeout = (fire, ms = 0, ...rest) => setTimeout(fire, ms / speed, ...rest)
