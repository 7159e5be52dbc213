/**
 * Everything of a session up to MAIL, sans-I/O: greeting, EHLO (RFC 5321 §3.2), STARTTLS as the route wants it
 * (RFC 3207), and AUTH (RFC 4954).
 */
import type { Random } from '../core/ids.js'
import { clientLimits } from '../core/limits.js'
import { decodeBase64, encodeBase64 } from '../wire/base64.js'
import { replyText, type SmtpReply } from '../wire/reply-reader.js'
import { MASK } from '../wire/trace.js'
import { type Capabilities, capabilitiesOf, NO_CAPABILITIES } from './client-capabilities.js'
import { type SaslChoice, type SaslStep, saslChoices } from './client-sasl.js'
import { type ClientEvent, type Effect, failureReply, type Machine, type Phase } from './client-steps.js'
import type { Credentials, TlsPolicy } from './contracts.js'

export interface OpeningPlan {
  /** What we are called. */
  readonly hostname: string
  /** The server as people know it. */
  readonly host: string
  readonly tls: TlsPolicy
  readonly credentials: Credentials | null
  /** Nobody can listen between us and the server. */
  readonly loopback: boolean
  readonly random: Random
}

export type OpeningEnd =
  | { readonly kind: 'ready'; readonly capabilities: Capabilities }
  /** `reply`: as an SMTP reply. `permanent`: the server wants none of us. */
  | { readonly kind: 'trouble'; readonly reply: string; readonly permanent: boolean }
  /** There is no TLS to be had, and the route does without: once more, and without STARTTLS. */
  | { readonly kind: 'in-clear'; readonly why: string }

type Place = 'greeting' | 'ehlo' | 'helo' | 'startTls' | 'handshake' | 'auth' | 'cancelled'

const PHASES: { readonly [P in Place]: Phase } = {
  ...{ greeting: 'greeting', ehlo: 'ehlo', helo: 'ehlo', startTls: 'startTls', handshake: 'startTls' },
  ...{ auth: 'auth', cancelled: 'auth' },
}

const classOf = ({ code }: SmtpReply): number => Math.floor(code / 100)

export class ClientOpening implements Machine<OpeningEnd> {
  readonly #plan: OpeningPlan
  #place: Place = 'greeting'
  #end: OpeningEnd | null = null
  #capabilities = NO_CAPABILITIES
  #secure = false
  #greeted = false
  /** Mechanisms that can be tried; the first is under way. */
  #choices: readonly SaslChoice[] = []
  /** What has to go with the first challenge, for it was too long for the command. */
  #held: Buffer | null = null
  #cancelledFor = ''

  constructor(plan: OpeningPlan) {
    this.#plan = plan
  }

  get end(): OpeningEnd | null {
    return this.#end
  }

  start(): readonly Effect[] {
    return this.#plan.tls === 'implicit' ? this.#shakeHands() : this.#await('greeting')
  }

  on(event: ClientEvent): readonly Effect[] {
    if (this.#end !== null) return []
    switch (event.kind) {
      case 'reply':
        return event.reply.code === 421 ? this.#trouble(replyText(event.reply)) : this.#onReply(event.reply)
      case 'secured':
        this.#secure = true
        return this.#greeted ? this.#sayEhlo() : this.#await('greeting')
      case 'not-secured':
        return this.#notSecured(event.why)
      case 'derived':
        return this.#sasl((choice) => choice.client.derived(event.key))
      case 'lost':
      case 'timeout':
      case 'garbage':
        return this.#trouble(failureReply(event, PHASES[this.#place], this.#plan.host))
      default:
        return []
    }
  }

  #onReply(reply: SmtpReply): readonly Effect[] {
    if (classOf(reply) === 3 && this.#place !== 'auth' && this.#place !== 'cancelled') return this.#unmeant(reply)
    switch (this.#place) {
      case 'greeting':
        this.#greeted = true
        return classOf(reply) === 2 ? this.#sayEhlo() : this.#unwelcome(reply)
      case 'ehlo':
        return this.#onEhlo(reply)
      case 'helo':
        return classOf(reply) === 2 ? this.#introduced(NO_CAPABILITIES) : this.#unwelcome(reply)
      case 'startTls':
        return this.#onStartTls(reply)
      case 'handshake':
        return this.#unmeant(reply)
      case 'auth':
        return this.#onAuth(reply)
      case 'cancelled':
        return this.#trouble(`450 4.7.0 AUTH with ${this.#plan.host} failed: ${this.#cancelledFor}`)
    }
  }

  #await(place: Place): readonly Effect[] {
    this.#place = place
    return [{ kind: 'await', phase: PHASES[place] }]
  }

  #say(place: Place, line: string, shown = line): readonly Effect[] {
    return [{ kind: 'write', line, shown }, ...this.#await(place)]
  }

  #sayEhlo(): readonly Effect[] {
    return this.#say('ehlo', `EHLO ${this.#plan.hostname}`)
  }

  /** RFC 5321 §3.2: who does not know EHLO may know HELO. */
  #onEhlo(reply: SmtpReply): readonly Effect[] {
    if (classOf(reply) === 2) return this.#introduced(capabilitiesOf(reply))
    return classOf(reply) === 5 ? this.#say('helo', `HELO ${this.#plan.hostname}`) : this.#unwelcome(reply)
  }

  #introduced(capabilities: Capabilities): readonly Effect[] {
    const { tls, host } = this.#plan
    this.#capabilities = capabilities
    if (this.#secure || tls === 'none' || tls === 'implicit') return this.#authenticate()
    if (capabilities.startTls) return this.#say('startTls', 'STARTTLS')
    return tls === 'try'
      ? this.#authenticate()
      : this.#trouble(`450 4.7.4 ${host} offers no STARTTLS, which the route asks for`)
  }

  #onStartTls(reply: SmtpReply): readonly Effect[] {
    if (classOf(reply) === 2) return this.#shakeHands()
    if (this.#plan.tls === 'try') return this.#authenticate()
    return this.#trouble(`450 4.7.4 ${this.#plan.host} refused STARTTLS, which the route asks for: ${replyText(reply)}`)
  }

  #shakeHands(): readonly Effect[] {
    this.#place = 'handshake'
    return [{ kind: 'secure', verify: this.#verifies }]
  }

  get #verifies(): boolean {
    const { tls } = this.#plan
    return tls === 'verify' || tls === 'implicit'
  }

  #notSecured(why: string): readonly Effect[] {
    if (this.#plan.tls === 'try') return this.#finish({ kind: 'in-clear', why })
    return this.#trouble(`450 4.7.5 TLS with ${this.#plan.host} failed: ${why}`)
  }

  #authenticate(): readonly Effect[] {
    const { credentials, loopback, random, host } = this.#plan
    if (credentials === null) return this.#ready()
    const secret = loopback || (this.#secure && this.#verifies)
    this.#choices = saslChoices(this.#capabilities.mechanisms, secret, credentials, random)
    const where = secret ? 'with it' : this.#secure ? 'while its certificate is not verified' : 'without TLS'
    return this.#sayAuth(`450 4.7.4 ${host} offers no AUTH that can be used ${where}`)
  }

  /** @param otherwise trouble where there is no mechanism left */
  #sayAuth(otherwise: string): readonly Effect[] {
    const [choice] = this.#choices
    if (choice === undefined) return this.#trouble(otherwise)
    const { name, client } = choice
    const command = `AUTH ${name}`
    if (client.initial === null) return this.#say('auth', command)
    const line = `${command} ${encodeBase64(client.initial)}`
    this.#held = line.length + 2 > clientLimits.authCommand ? client.initial : null
    return this.#held === null ? this.#say('auth', line, `${command} ${MASK}`) : this.#say('auth', command)
  }

  #onAuth(reply: SmtpReply): readonly Effect[] {
    if (classOf(reply) === 3) return this.#onChallenge(reply)
    if (classOf(reply) === 2)
      return this.#choices[0]?.client.satisfied
        ? this.#ready()
        : this.#trouble(`450 4.7.0 ${this.#plan.host} did not show that it knows the password`)
    this.#choices = this.#choicesBehind(reply)
    return this.#sayAuth(replyText(reply))
  }

  /**
   * 535: it is the user or the password, which another mechanism would not make right; but a server may have no secret of
   * the user for one that does not show the password, and says the same (as we do). So one that shows it is tried, once.
   */
  #choicesBehind(refusal: SmtpReply): readonly SaslChoice[] {
    const [refused, ...others] = this.#choices
    if (classOf(refusal) === 4) return []
    if (refusal.code !== 535) return others
    return refused?.reveals ? [] : others.filter(({ reveals }) => reveals).slice(0, 1)
  }

  #onChallenge({ lines }: SmtpReply): readonly Effect[] {
    const octets = decodeBase64((lines[0] ?? '').trim())
    if (octets === null) return this.#cancel('its challenge is no base64')
    const held = this.#held
    this.#held = null
    if (held !== null) return this.#respond(held)
    return this.#sasl((choice) => choice.client.answer(octets))
  }

  #sasl(step: (choice: SaslChoice) => SaslStep): readonly Effect[] {
    const [choice] = this.#choices
    if (choice === undefined) return []
    const next = step(choice)
    if (next.kind === 'fail') return this.#cancel(next.why)
    return next.kind === 'derive' ? [next] : this.#respond(next.octets)
  }

  #respond(octets: Buffer): readonly Effect[] {
    return this.#say('auth', encodeBase64(octets), MASK)
  }

  /** RFC 4954 §4: a "*" ends the exchange, and the server says so. */
  #cancel(why: string): readonly Effect[] {
    this.#cancelledFor = why
    return this.#say('cancelled', '*')
  }

  #ready(): readonly Effect[] {
    return this.#finish({ kind: 'ready', capabilities: this.#capabilities })
  }

  #unwelcome(reply: SmtpReply): readonly Effect[] {
    return this.#trouble(replyText(reply), classOf(reply) === 5)
  }

  #unmeant(reply: SmtpReply): readonly Effect[] {
    const why = `"${replyText(reply)}" is no answer to that`
    return this.#trouble(failureReply({ kind: 'garbage', why }, PHASES[this.#place], this.#plan.host))
  }

  #trouble(reply: string, permanent = false): readonly Effect[] {
    return this.#finish({ kind: 'trouble', reply, permanent })
  }

  #finish(end: OpeningEnd): readonly Effect[] {
    this.#end = end
    return []
  }
}
