/** The log lines of the store. */
import { event } from '../core/log.js'

export const writerDied = event<{ error: string }>('fatal', 'Store writer died')
