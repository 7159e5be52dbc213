/** Who is logged in and what is selected: the context that handlers get, and the only code that changes it. */
import { parseAddress } from '../accounts/address.js'
import type { Caller, Verdict } from '../accounts/contracts.js'
import { offeredMechanisms, type SaslMechanism, saslExchange, takesPasswords } from '../accounts/sasl.js'
import type { ChannelBinding } from '../accounts/sasl-exchange.js'
import { runSasl, type SaslOutcome } from '../accounts/sasl-run.js'
import type { AccountId, MailboxId } from '../core/ids.js'
import { StoreError } from '../store/errors.js'
import type { Connection } from '../wire/connection.js'
import { Disconnected } from '../wire/writer.js'
import { Alerts } from './alerts.js'
import { capabilityList } from './capabilities.js'
import { bad, type Completion, no, ok } from './completion.js'
import type { Context, Exchange, ImapContext, OpenContext } from './context.js'
import { authenticationFailed, authenticationSuccessful } from './events.js'
import type { Input } from './input.js'
import { Pace } from './pace.js'
import { Progress } from './progress.js'
import type { Responses } from './responses.js'
import type { View } from './view.js'

/** Characters of a wrong user name that the log shows: an address has 320 at most (RFC 5321 §4.5.3.1). */
const SHOWN_USERNAME = 320

export class SessionState {
  readonly alerts: Alerts
  readonly progress: Progress
  readonly pace = new Pace()
  readonly #connection: Connection
  readonly #cx: ImapContext
  readonly #shared: Omit<OpenContext, 'state' | 'tlsOffered' | 'login' | 'exchange'>
  #context: Context
  #authFailures = 0
  #administrator = false

  constructor(connection: Connection, cx: ImapContext, input: Input, out: Responses) {
    const { store, clock, limits, log, sessionId: origin } = cx
    this.#connection = connection
    this.#cx = cx
    this.alerts = new Alerts(cx.alerts)
    this.progress = new Progress({ clock, out, input, limits })
    const { alerts, progress, pace } = this
    const gone = goneSignal(connection)
    const capabilities = (): string => this.capabilities()
    const parts = { store, quotas: store, clock, limits, log }
    this.#shared = { ...parts, origin, gone, input, out, alerts, progress, pace, capabilities }
    this.#context = this.#open()
  }

  get context(): Context {
    return this.#context
  }

  get view(): View | null {
    return this.#context.state === 'selected' ? this.#context.view : null
  }

  get secure(): boolean {
    return this.#connection.tls !== null
  }

  capabilities(): string {
    const loggedIn = this.#context.state !== 'not-authenticated'
    const { secure } = this
    const mechanisms = this.#mechanisms()
    const { maxAppendSize } = this.#cx.limits
    const administrator = this.#administrator
    const tlsOffered = this.#tlsOffered && !loggedIn
    return capabilityList({ loggedIn, administrator, secure, tlsOffered, mechanisms, maxAppendSize })
  }

  /** After STARTTLS: nothing that was known counts (RFC 3501 §6.2.1). */
  restart(): void {
    this.#context = this.#open()
  }

  /** Leaves the selected mailbox, if there is one. */
  async close(): Promise<void> {
    const view = this.view
    if (view === null) return
    view.close()
    if (view.heardBefore !== null && !view.readOnly) await this.#claimRecent(view.mailbox.id, view.heardBefore)
  }

  get #tlsOffered(): boolean {
    return this.#cx.tls !== null && !this.secure
  }

  #open(): OpenContext {
    return {
      ...this.#shared,
      state: 'not-authenticated',
      tlsOffered: this.#tlsOffered,
      login: (username, password) => this.#login(username, password),
      exchange: (mechanism) => this.#exchange(mechanism),
    }
  }

  readonly #channelBinding: ChannelBinding = (type) => this.#connection.channelBinding(type)

  #mechanisms(): readonly SaslMechanism[] {
    return offeredMechanisms(this.#cx.mechanisms, this.#channelBinding)
  }

  get #caller(): Caller {
    return { protocol: 'imap', remoteAddress: this.#connection.remote.address, sessionId: this.#cx.sessionId }
  }

  async #login(username: string, password: string): Promise<Completion> {
    const { authenticator, mechanisms } = this.#cx
    if (!takesPasswords(mechanisms)) return no('CANNOT', 'LOGIN is not offered, use AUTHENTICATE')
    return this.#judged(await authenticator.verify({ ...this.#caller, username, password }), username, 'LOGIN')
  }

  #exchange(name: string): Exchange | null {
    const { authenticator, log } = this.#cx
    const offered = this.#mechanisms()
    const exchange = saslExchange(name, offered, { ...this.#cx, channelBinding: this.#channelBinding })
    const mechanism = offered.find((one) => one === name)
    if (exchange === null || mechanism === undefined) return null
    const run = { mechanism, exchange, caller: this.#caller, authenticator, log }
    return async (initial, ask) => this.#completion(await runSasl({ ...run, ask }, initial), mechanism)
  }

  #completion(outcome: SaslOutcome<Completion>, mechanism: SaslMechanism): Completion {
    switch (outcome.kind) {
      case 'stopped':
        return outcome.by
      case 'malformed':
        return bad(`That is not an answer of ${mechanism}`)
      case 'authorization':
        return no('AUTHORIZATIONFAILED', 'Acting as another user is not possible')
      case 'verdict':
        return this.#judged(outcome.verdict, outcome.username, mechanism)
    }
  }

  #judged(verdict: Verdict, username: string, auth_method: SaslMechanism): Completion {
    const { log, presence, limits } = this.#cx
    const client_ip = this.#connection.remote.address
    const most = limits.maxConnectionsPerUser
    const full = verdict.kind === 'accepted' && most > 0 && presence.count(verdict.address) >= most
    if (verdict.kind === 'accepted' && !full) {
      this.#administrator = this.#administers(verdict)
      this.#become(verdict.account, null)
      this.alerts.open(verdict.account)
      presence.enter(verdict.address, verdict.appPassword)
      authenticationSuccessful(log, { username: verdict.address, auth_method, client_ip })
      return ok('Logged in', `CAPABILITY ${this.capabilities()}`)
    }
    const refusal = verdict.kind === 'accepted' ? FULL : REFUSED[verdict.kind]
    const error_code = refusal.code ?? ''
    authenticationFailed(log, { username: username.slice(0, SHOWN_USERNAME), error_code, client_ip })
    return this.#failed(refusal)
  }

  /** An app password is for a program, which need not be able to do what its user can. */
  #administers({ address, appPassword }: Extract<Verdict, { kind: 'accepted' }>): boolean {
    const listed = this.#cx.administrators.some((one) => parseAddress(one)?.address === address)
    return listed && appPassword === undefined
  }

  #failed(refusal: Completion): Completion {
    if (++this.#authFailures < this.#cx.limits.authFailures) return refusal
    this.#shared.out.untagged('BYE Too many failed logins')
    return { ...refusal, next: 'close' }
  }

  #become(account: AccountId, view: View | null): void {
    const administrator = this.#administrator
    const user = { ...this.#shared, account, administrator, select: (next: View | null) => this.#select(account, next) }
    this.#context = view === null ? { ...user, state: 'authenticated' } : { ...user, state: 'selected', view }
  }

  async #select(account: AccountId, view: View | null): Promise<void> {
    await this.close()
    this.#become(account, view)
  }

  /**
   * What this session told of was \Recent here, so it is not for the next session (RFC 3501 §2.3.2). What came and was not
   * told is left to it.
   */
  async #claimRecent(mailbox: MailboxId, heardBefore: number): Promise<void> {
    try {
      await this.#cx.store.claimRecent(mailbox, heardBefore)
    } catch (error) {
      // Gone, or the disk is full: then somebody else sees \Recent, which harms nobody.
      if (!(error instanceof StoreError)) throw error
    }
  }
}

function goneSignal(connection: Connection): AbortSignal {
  const gone = new AbortController()
  void connection.closed.then(() => gone.abort(new Disconnected()))
  return gone.signal
}

/** RFC 5530 §3 */
const FULL = no('LIMIT', 'The user has too many connections')

/** RFC 5530 §3, decisions 10 and 11. */
const REFUSED = {
  invalid: no('AUTHENTICATIONFAILED', 'Invalid credentials'),
  disabled: no('CONTACTADMIN', 'User disabled'),
  'not-allowed': no('NOPERM', 'This login is not allowed for IMAP'),
  throttled: no('UNAVAILABLE', 'Too many failed logins, try again later'),
} as const
