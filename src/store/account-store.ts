/** Who is ours: domains, users and aliases, as the store keeps them. Part of store.ts, which says what holds for all of it. */
import type { AccountId, AppPasswordId, MailboxId } from '../core/ids.js'

/** What a domain does with addresses that are neither a user's nor an alias. */
export interface DomainSettings {
  /** Addresses that get what nobody else gets; none: such mail is refused. */
  readonly catchAll: readonly string[]
  /** `user`, separator, `detail` reaches `user`. */
  readonly subaddressing: boolean
  /** One character. */
  readonly separator: string
  /** Mail for `user+detail` goes into the mailbox `detail` where the user has one, and not into INBOX. */
  readonly detailFolders: boolean
}

export interface Domain extends DomainSettings {
  /** Lower case, A-labels. */
  readonly name: string
  readonly createdAt: number
  readonly users: number
  readonly aliases: number
}

/** An address whose mail goes to others. */
export interface Alias {
  /** local-part@domain, both in lower case; never a user's. */
  readonly address: string
  /** Of users, of aliases, or elsewhere; as they were given, ascending, at least one. */
  readonly targets: readonly string[]
  readonly createdAt: number
}

export type UserStatus = 'active' | 'inactive'

/** As whom a user may send, and how much. */
export interface SendingSwitches {
  /** own: addresses that lead to the user, alone. */
  readonly sendAs: 'own' | 'any'
  /** null: as the configuration has it; 0: no limit. */
  readonly messagesPerHour: number | null
  readonly recipientsPerHour: number | null
}

/** By which protocols somebody may log in. */
export interface Access {
  readonly smtp: boolean
  readonly imap: boolean
}

/** Of a new user. */
export const usualAccess: Access = { smtp: true, imap: true }

/** Of a new user. */
export const usualSending: SendingSwitches = { sendAs: 'own', messagesPerHour: null, recipientsPerHour: null }

export interface User {
  readonly id: AccountId
  /** local-part@domain, both in lower case. */
  readonly address: string
  readonly displayName: string
  readonly status: UserStatus
  readonly createdAt: number
  /** Of the last success, or null. */
  readonly lastLogin: number | null
  readonly mailboxes: number
  readonly messages: number
  /** Octets of all messages, copies counted each time. */
  readonly size: number
  readonly sending: SendingSwitches
  readonly access: Access
}

export interface NewMailbox {
  readonly name: string
  /** RFC 6154 §2, as `\Sent`, several with spaces between them, or null. */
  readonly specialUse: string | null
}

/** The keys of one user for SCRAM-SHA-256: RFC 5802 §3. The password cannot be read from them. */
export interface ScramKeys {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

/** What is derived from a password for mechanisms that never send it (decision 2). */
export interface UserSecrets {
  /** null: the password has no form that SCRAM could use (RFC 4013). */
  readonly scram: ScramKeys | null
  /** Sealed: opaque to the store. */
  readonly cramMd5: Uint8Array | null
}

export interface NewUser {
  readonly address: string
  readonly displayName: string
  readonly passwordHash: string
  /** Left out: the user has none. */
  readonly secrets?: UserSecrets
  /** Made in the same transaction, subscribed. INBOX must be among them. */
  readonly mailboxes: readonly NewMailbox[]
}

export interface UserUpdate {
  readonly displayName?: string
  readonly passwordHash?: string
  /** Those of the new password. A password hash that comes without takes away what there was. */
  readonly secrets?: UserSecrets
  readonly status?: UserStatus
  /** Only what is given. */
  readonly sending?: Partial<SendingSwitches>
  /** Only what is given. */
  readonly access?: Partial<Access>
}

/** What a login is held against. */
export interface StoredCredentials {
  readonly id: AccountId
  readonly address: string
  readonly status: UserStatus
  readonly passwordHash: string
  readonly access: Access
}

export interface Recipient {
  readonly account: AccountId
  readonly address: string
  readonly status: UserStatus
  readonly inbox: MailboxId
}

/** Which users, by address ascending. */
export interface UserQuery {
  readonly domain?: string | undefined
  readonly status?: UserStatus | undefined
  /** Only those behind this address: the cheap way through a long list. */
  readonly after?: string | undefined
  /** So many of them are left out first. */
  readonly offset?: number | undefined
  readonly limit: number
}

export interface AccountStore {
  /** @throws 'domain-exists' */
  addDomain(name: string): Promise<Domain>
  listDomains(): Promise<readonly Domain[]>
  findDomain(name: string): Promise<Domain | null>
  /** @throws 'no-such-domain' | 'domain-not-empty' while it has users or aliases */
  removeDomain(name: string): Promise<void>
  /** @throws 'no-such-domain' | 'user-exists' | 'alias-exists' */
  addUser(user: NewUser): Promise<User>
  pageUsers(query: UserQuery): Promise<readonly User[]>
  /** By address, ascending: all of them, which may be many. */
  listUsers(domain?: string): Promise<readonly User[]>
  findUser(address: string): Promise<User | null>
  /** Where mail for an address goes: one look-up, cheap enough for every RCPT. */
  findRecipient(address: string): Promise<Recipient | null>
  /** The account with its password hash: for the authenticator alone. */
  findCredentials(address: string): Promise<StoredCredentials | null>
  /** For the authenticator alone. null: there is no such user, or nothing was derived from the password. */
  findSecrets(address: string): Promise<UserSecrets | null>
  /** @throws 'no-such-user' */
  updateUser(address: string, update: UserUpdate): Promise<User>
  /** Gone at once, with all mailboxes; the content of the mail is erased behind it. @throws 'no-such-user' */
  removeUser(address: string): Promise<void>
  /** With an app password, its last use too. An account or app password that is gone is passed over. */
  recordLogin(id: AccountId, at: number, appPassword?: AppPasswordId): Promise<void>
}

/** A password beside the main one, for one program of the user's. */
export interface AppPassword {
  readonly id: AppPasswordId
  /** One of the user's; as it was given. */
  readonly name: string
  readonly access: Access
  readonly createdAt: number
  /** Of the last login with it, or null. */
  readonly lastUsed: number | null
}

export interface NewAppPassword {
  readonly name: string
  /** 32 octets, made from the password with a key that the store has not. */
  readonly digest: Uint8Array
  readonly access: Access
}

export interface AppPasswordStore {
  /** @throws 'no-such-user' | 'app-password-exists' | 'too-many-app-passwords' */
  addAppPassword(address: string, added: NewAppPassword): Promise<AppPassword>
  /** By name. None where there is no such user. */
  listAppPasswords(address: string): Promise<readonly AppPassword[]>
  /** @returns which it was @throws 'no-such-user' | 'no-such-app-password' */
  removeAppPassword(address: string, name: string): Promise<AppPasswordId>
  /** For the authenticator alone: the one of this user with that digest. */
  findAppPassword(account: AccountId, digest: Uint8Array): Promise<AppPassword | null>
}

/** What leads to an address, by name. */
export interface Leading {
  readonly aliases: readonly string[]
  /** Domains. */
  readonly catchAlls: readonly string[]
}

/** Aliases, and what else decides where an address of ours leads. Targets are not looked at here. */
export interface AliasStore {
  /** Only what is given. @throws 'no-such-domain' | 'too-many-targets' */
  updateDomain(name: string, update: Partial<DomainSettings>): Promise<Domain>
  /** null: the domain is not ours. */
  findDomainSettings(name: string): Promise<DomainSettings | null>
  /** Adds to the targets of the alias, which is made if it is not there. @throws 'no-such-domain' | 'user-exists' | 'too-many-targets' */
  addAlias(address: string, targets: readonly string[]): Promise<Alias>
  /** Takes targets away; with the last one, or for null, the alias goes. @throws 'no-such-alias' */
  removeAlias(address: string, targets: readonly string[] | null): Promise<void>
  /** By address, ascending; of one domain, or all. */
  listAliases(domain?: string): Promise<readonly Alias[]>
  /** Where an alias leads: one look-up, cheap enough for every RCPT. */
  findAlias(address: string): Promise<readonly string[] | null>
  /** Which aliases and catch-alls have this very address among their targets; of both the first `limit`. */
  findLeading(address: string, limit: number): Promise<Leading>
  /** Who gets the mail of a postmaster that nobody named: the oldest active user of the domain, or of all. */
  findOldestUser(domain: string): Promise<Recipient | null>
}
