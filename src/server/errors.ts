/** Why the server cannot run, in words for the person who started it. */

/** The message is one clear line that names the file, folder, address or process concerned. */
export class StartupError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StartupError'
  }
}

const SYSTEM_WORDS: { readonly [code: string]: string } = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EEXIST: 'a file is where a folder has to be',
  SQLITE_CANTOPEN: 'its files cannot be opened: does it belong to this user?',
  SQLITE_READONLY: 'its files cannot be written: does it belong to this user?',
  SQLITE_NOTADB: 'posthorn.db is no database any more: "posthorn store restore" makes the folder from a backup',
  SQLITE_CORRUPT: 'posthorn.db is damaged: "posthorn store restore" makes the folder from a backup',
}

/** What went wrong, in words: the code of the system or of SQLite translated, any other error by its message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return (code === undefined ? undefined : SYSTEM_WORDS[code]) ?? error.message
}
