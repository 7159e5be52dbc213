/** A small file that is replaced whole: after a crash it is the one of before or the new one, and once told "done" the new one. */
import { open, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** `mode`: as of chmod. @throws errors of the file system; `path` is as it was then, or new */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, content, { mode, flush: true })
  await rename(`${path}.new`, path)
  await syncFolder(dirname(path))
}

/** The sync of a file does not cover its name. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
