/** The log lines of the store. */
import { event } from '../core/log.js'

export const writerDied = event<{ error: string }>('fatal', 'Store writer died')

/** The disk refused, or a fault of ours: the mail of removed users takes up room until the next start. */
export const removedMailStays = event<{ error: string }>('error', 'Mail of removed users not erased')
