/** The log lines of the store. */
import { event } from '../core/log.js'

export const writerDied = event<{ error: string }>('fatal', 'Store writer died')

/** The disk refused, or a fault of ours: the mail of removed users takes up room until the next start. */
export const removedMailStays = event<{ error: string }>('error', 'Mail of removed users not erased')
/** Its attachments are not listed, and each search looks into it. `blob`: its number in the store. */
export const messageNotTakenApart = event<{ blob: number; error: string }>('error', 'Message cannot be taken apart')
/** `job`: find-pending, extract, derive-keys or search. Another thread takes its place. */
export const readerDied = event<{ job: string | null; error: string }>('error', 'Reader thread died')
/** A fault of ours: what waits is taken apart when the next message comes. */
export const takingApartStopped = event<{ error: string }>('error', 'Taking messages apart stopped')
/** A fault of ours: old mail that has no sort keys or thread yet gets them after the next start. */
export const derivingStopped = event<{ error: string }>('error', 'Making sort keys and threads of old mail stopped')
/** A fault of ours: what was expunged stays known longer than it should; `store gc` tries again. */
export const expungedStay = event<{ error: string }>('error', 'Notes of expunged messages not removed')
/** `trouble`: refused (the disk is full, read-only or failing) or damaged (a page or a file that cannot be read). */
export const storageUnavailable = event<{
  trouble: string
  operation: string
  place: string
  path: string
  error: string
}>('error', 'Storage unavailable')
/** `refused`: requests that were declined meanwhile. */
export const storageAvailable = event<{
  trouble: string
  operation: string
  place: string
  path: string
  duration_ms: number
  refused: number
}>('info', 'Storage available again')
