/**
 * Where the compiled form of a thread's file is. A worker is loaded by Node itself, which reads no
 * TypeScript; under vitest the files beside it are sources, and their compiled form is in dist/
 * (test/build.ts makes it before any test).
 *
 * @param from import.meta.url of the caller, @param file its neighbour, as './writer.js'
 */
export function workerUrl(from: string, file: string): URL {
  const url = new URL(file, from)
  if (!from.endsWith('.ts')) return url
  const at = url.href.lastIndexOf('/src/')
  return new URL(`${url.href.slice(0, at)}/dist${url.href.slice(at)}`)
}
