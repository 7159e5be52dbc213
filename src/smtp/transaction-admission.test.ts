import { expect, test } from 'vitest'
import type { MailboxId } from '../core/ids.js'
import { smtpLimits } from '../core/limits.js'
import { replies } from './reply.js'
import type { Addressing, Policy, State, Step } from './state.js'
import type { Admission } from './submission-senders.js'
import { initialState, resume, step } from './transaction.js'

const policyWith = (limits: object): Policy => ({
  service: 'smtp',
  hostname: 'mx.posthorn.test',
  startTls: false,
  mechanisms: () => [],
  limits: { ...smtpLimits, ...limits },
})
const POLICY = policyWith({})
const box = (localPart: string) => ({ localPart, domain: 'x', address: `${localPart}@x` })
const greeted = (user: string | null): State => ({
  ...step(initialState(true), { verb: 'EHLO', name: 'client' }, POLICY).state,
  user,
})
const mail = (state: State, policy = POLICY): Step =>
  step(state, { verb: 'MAIL', from: box('a'), parameters: {} }, policy)

/** MAIL of a user, with what the world says to it. */
function begin(admission: Admission): Step {
  const { state, task } = mail(greeted('a@x'))
  if (task?.kind !== 'admit') throw new Error('the machine did not ask')
  return resume(state, { answer: 'admitted', mail: task.mail, admission }, POLICY)
}

const rcpt = (state: State, n: number): Step => {
  const recipient = { mailbox: box(`r${n}`), parameters: {} }
  const resolution = { kind: 'local', account: n as never, mailbox: n as MailboxId, address: `r${n}@x` } as const
  return resume(state, { answer: 'resolved', recipient, resolution }, POLICY)
}

test('whoever has not logged in is not asked for, unless addresses have limits', () => {
  expect(mail(greeted(null)).reply).toBe(replies.senderOk)
  for (const limit of ['messagesPerHourPerAddress', 'recipientsPerHourPerAddress'])
    expect(mail(greeted(null), policyWith({ [limit]: 1 })).task?.kind).toBe('admit')
})

test('a sender who is refused begins nothing, and a limit is no mistake', () => {
  const foreign = begin({ kind: 'refused', reply: replies.foreignSender })
  expect(foreign).toMatchObject({ reply: replies.foreignSender, state: { at: 'greeted', errors: 1 } })
  const limited = begin({ kind: 'refused', reply: replies.sendingLimit })
  expect(limited).toMatchObject({ reply: replies.sendingLimit, state: { at: 'greeted', errors: 0 } })
})

test('a size that is too big is told first', () => {
  const parameters = { size: smtpLimits.maxMessageSize + 1 }
  expect(step(greeted('a@x'), { verb: 'MAIL', from: null, parameters }, POLICY).reply).toBe(replies.tooBig)
})

test('recipients up to the room, each place counted once', () => {
  let { state } = begin({ kind: 'admitted', room: 2 })
  for (const n of [1, 2, 1]) {
    const next = rcpt(state, n)
    expect(next.reply).toBe(replies.recipientOk)
    state = next.state
  }
  expect(rcpt(state, 3)).toMatchObject({ reply: replies.sendingLimit, state: { at: 'mail' } })
  expect((state as Addressing).to).toHaveLength(2)
})
