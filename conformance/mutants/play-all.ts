/** Plays every transcript once, whole, at our server in process, held by the judge that is named; prints those that fail as one JSON array. */
import { whole } from '../cuts.js'
import { FAMILIES, readTranscripts } from '../files.js'
import { InProcess } from '../in-process.js'
import { NETWORK_LIMIT, play } from '../runner.js'

const judge = process.argv[2] === 'fair' ? 'fair' : 'exact'
const place = await InProcess.create()
const failed: string[] = []
try {
  for (const transcript of FAMILIES.flatMap(readTranscripts)) {
    // What is so broken that it cannot be played is noticed as well.
    const kind = await play(transcript, place, { cut: whole, judge, limit: NETWORK_LIMIT }).then(
      (outcome) => outcome.kind,
      () => 'failed',
    )
    if (kind === 'failed') failed.push(transcript.file)
  }
} finally {
  await place.close()
}
console.log(JSON.stringify(failed))
