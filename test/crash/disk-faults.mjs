/**
 * A disk that refuses when a test says so: `node --import disk-faults.mjs`, with POSTHORN_TEST_FAULTS=FILE. As long as
 * FILE is there, each of its lines "PLACE CODE" makes what the store does at that place fail with that error. It stands
 * between the program and its libraries, in each thread, so that the program knows nothing of it.
 */
import fs from 'node:fs'
import promises, { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const { POSTHORN_TEST_FAULTS: FILE = '' } = process.env
const { readFileSync } = fs

/** @returns the error that is due at `place`, or null */
function faultAt(place, syscall, path) {
  let text
  try {
    text = readFileSync(FILE, 'utf8')
  } catch {
    return null
  }
  const code = new Map(text.split('\n').map((line) => line.split(' '))).get(place)
  return code === undefined ? null : Object.assign(new Error(`${code}: made up, ${syscall}`), { code, syscall, path })
}

/** Messages that arrive, and those that are kept. */
const isOurs = (path) => /\/(spool|blobs)\//.test(String(path))

function failing(object, method, place, syscall, isAsync) {
  const original = object[method]
  object[method] = function (...args) {
    const path = typeof args[0] === 'string' ? args[0] : undefined
    const error = path === undefined || isOurs(path) ? faultAt(place, syscall, path) : null
    if (error === null) return original.apply(this, args)
    if (isAsync) return Promise.reject(error)
    throw error
  }
}

const handle = await open(new URL(import.meta.url))
const files = Object.getPrototypeOf(handle)
await handle.close()
failing(files, 'sync', 'sync', 'fsync', true)
const { write } = files
files.write = async function (octets, offset = 0, ...rest) {
  const error = faultAt('write', 'write')
  if (error === null) return write.call(this, octets, offset, ...rest)
  // As a disk does on which half of it found room.
  await write.call(this, octets, offset, (octets.length - offset) >> 1)
  throw error
}
failing(promises, 'open', 'open', 'open', true)
failing(promises, 'rm', 'remove', 'unlink', true)
failing(fs, 'renameSync', 'rename', 'rename', false)
failing(fs, 'mkdirSync', 'folder', 'mkdir', false)
failing(fs, 'fsyncSync', 'folder-sync', 'fsync', false)
failing(fs, 'rmSync', 'remove', 'unlink', false)
syncBuiltinESMExports()
