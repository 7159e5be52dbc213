/** Tells what a disk refuses (full, read-only, failing) from errors of our own. */

/** What SQLite and the file system say then. It may pass, so the server goes on. */
const REFUSALS =
  /^(SQLITE_(FULL|READONLY|IOERR|CANTOPEN|BUSY|NOMEM)|(ENOSPC|EDQUOT|EROFS|EIO|EMFILE|ENFILE|EACCES|EPERM)$)/

export const isDiskRefusal = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && REFUSALS.test(error.code)
