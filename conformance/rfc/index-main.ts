#!/usr/bin/env node
/** Makes conformance/rfc-index.json of a folder with rfcNNNN.txt, as the RFC Editor has them: `npm run rfc-index -- FOLDER`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { indexOf, written } from './making.js'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Which folder has the texts? npm run rfc-index -- FOLDER, with files such as rfc3501.txt in it.')
  process.exitCode = 1
} else {
  const texts = readdirSync(folder).flatMap((name) => {
    const number = /^rfc(\d+)\.txt$/.exec(name)?.[1]
    return number === undefined ? [] : [{ number, text: readFileSync(join(folder, name), 'utf8') }]
  })
  writeFileSync('conformance/rfc-index.json', written(indexOf(texts)))
  console.log(`conformance/rfc-index.json: ${texts.length} texts`)
}
