/** The ways in which what a client sends is cut into pieces: what a network may do, a server must bear. */

/** Pieces of `octets`, in order, none of them lost. */
export interface Cut {
  readonly name: string
  readonly apply: (octets: Buffer) => readonly Buffer[]
}

/** More pieces than this teach nothing new and take long. */
const MOST_PIECES = 3000

const between = (octets: Buffer, places: readonly number[]): Buffer[] =>
  [0, ...places].map((from, i) => octets.subarray(from, places[i] ?? octets.length)).filter(({ length }) => length > 0)

export const whole: Cut = { name: 'whole', apply: (octets) => between(octets, []) }

export const eachOctet: Cut = {
  name: 'one octet at a time',
  apply(octets) {
    const size = Math.ceil(octets.length / MOST_PIECES)
    return between(
      octets,
      Array.from({ length: Math.ceil(octets.length / Math.max(1, size)) - 1 }, (_, i) => (i + 1) * size),
    )
  },
}

export const afterCr: Cut = {
  name: 'cut after each CR',
  apply(octets) {
    const places: number[] = []
    for (let at = octets.indexOf(13); at !== -1 && places.length < MOST_PIECES; at = octets.indexOf(13, at + 1))
      places.push(at + 1)
    return between(octets, places)
  },
}

/** Cuts at some places that `seed` decides; the same seed cuts alike. */
export function seeded(seed: number): Cut {
  const next = generator(seed)
  return {
    name: `cut at random places (seed ${seed})`,
    apply(octets) {
      const places = Array.from({ length: Math.min(20, 1 + (octets.length >> 2)) }, () => next() % (octets.length + 1))
      return between(
        octets,
        [...new Set(places)].sort((a, b) => a - b),
      )
    },
  }
}

/** mulberry32: 32 bits at a time, good enough to choose places and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** The four ways in which every transcript is replayed, but for one that is `uncut`. */
export const cutsFor = (seed: number, { uncut } = { uncut: false }): readonly Cut[] =>
  uncut ? [whole] : [whole, eachOctet, afterCr, seeded(seed)]
