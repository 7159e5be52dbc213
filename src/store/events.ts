/** The log lines of the store. */
import { event } from '../core/log.js'

export const writerDied = event<{ error: string }>('fatal', 'Store writer died')

/** The disk refused, or a fault of ours: the mail of removed users takes up room until the next start. */
export const removedMailStays = event<{ error: string }>('error', 'Mail of removed users not erased')
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
