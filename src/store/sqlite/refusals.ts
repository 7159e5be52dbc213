/** Refusals that several operations share. */
import type { MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'

export const noSuchMailbox = (mailbox: MailboxId): StoreError =>
  new StoreError('no-such-mailbox', `there is no mailbox ${mailbox}`)

export const noSuchName = (name: string): StoreError => new StoreError('no-such-mailbox', `there is no mailbox ${name}`)

export const noSuchDomain = (name: string): StoreError => new StoreError('no-such-domain', `there is no domain ${name}`)
export const noSuchUser = (who: string): StoreError => new StoreError('no-such-user', `there is no user ${who}`)
export const noSuchAlias = (address: string): StoreError =>
  new StoreError('no-such-alias', `there is no alias ${address}`)
