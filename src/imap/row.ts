/**
 * What a command is: one row of the table. The UID forms are commands of their own, `UID FETCH` and so on,
 * with rows of their own, because they relate to sequence numbers in another way (see Numbers); the two rows
 * of a pair share parser and handler, and the parser is told which form it reads.
 */
import type { Completion } from './completion.js'
import type { Context, OpenContext, SelectedContext, StateName, UserContext } from './context.js'
import type { Refusals } from './errors.js'
import type { Scanner } from './scanner.js'

/**
 * How a command relates to message sequence numbers (RFC 3501 §7.4.1).
 * uses: the client may be using numbers while it runs, so no EXPUNGE may be sent before it completes.
 * renews: EXPUNGE and EXISTS may be sent before the tagged completion.
 */
export type Numbers = 'uses' | 'renews'

/** A command that announces a message, and may announce more of them behind it. */
export interface Admission<X> {
  /**
   * Asked before a message is accepted, so that nobody sends it in vain: `sizes` are those of the messages so far, its
   * own last. Rejects with what refuses it.
   */
  readonly admit: (cx: X, sizes: readonly number[]) => Promise<void>
  /** Reads what stands between the message before and this one. Pure; throws BadSyntax. */
  readonly next: (s: Scanner) => void
}

interface Spec<C, X> {
  /** Where the command is described. */
  readonly rfc: string
  readonly numbers: Numbers
  /** Carries a password: refused while it would travel in clear, and hidden from the trace. */
  readonly secret?: boolean
  /** Where this command words a refusal differently: APPEND says TRYCREATE (RFC 3501 §6.3.11). */
  readonly refusals?: Partial<Refusals>
  /**
   * For a command that carries messages: reads the arguments in front of a literal, all that came so far.
   * null: the literal is an argument. Else it is the first message, to be streamed into a spool once it is
   * admitted, as are all literals behind it. Pure; throws BadSyntax where no literal can stand.
   */
  readonly message?: (s: Scanner) => Admission<X> | null
  /** Reads the arguments, from behind the command's name. Pure; throws BadSyntax. */
  readonly parse: (s: Scanner) => C
  readonly run: (cx: X, command: C) => Promise<Completion>
}

/** A Spec whose command type has been closed over, so that rows of different commands fit in one table. */
export interface Row extends Omit<Spec<never, Context>, 'parse' | 'run'> {
  readonly states: readonly StateName[]
  /** Reads all arguments; the returned function runs the command. Throws BadSyntax. */
  readonly prepare: (s: Scanner) => (cx: Context) => Promise<Completion>
}

type Named = { readonly name: string }

/** The gate is the session's; this one tells the compiler what the gate has seen to. */
function make<C extends Named, X extends Context>(
  { parse, run, message, ...rest }: Spec<C, X>,
  states: readonly StateName[],
  fits: (cx: Context) => cx is X,
): Row {
  const narrowed = (cx: Context): X => {
    if (!fits(cx)) throw new Error(`a command for ${states.join(', ')} ran while ${cx.state}`)
    return cx
  }
  const made: Row = {
    ...rest,
    states,
    prepare: (s) => {
      const command = parse(s)
      s.end()
      return (cx) => run(narrowed(cx), command)
    },
  }
  if (message === undefined) return made
  return {
    ...made,
    message: (s) => {
      const admission = message(s)
      if (admission === null) return null
      return { next: admission.next, admit: (cx, sizes) => admission.admit(narrowed(cx), sizes) }
    },
  }
}

/** A command for any state. */
export const row = <C extends Named>(spec: Spec<C, Context>): Row =>
  make(spec, ['not-authenticated', 'authenticated', 'selected'], (cx): cx is Context => cx !== null)

/** A command that comes before the login. */
export const openRow = <C extends Named>(spec: Spec<C, OpenContext>): Row =>
  make(spec, ['not-authenticated'], (cx): cx is OpenContext => cx.state === 'not-authenticated')

/** A command for a user who is logged in. */
export const userRow = <C extends Named>(spec: Spec<C, UserContext>): Row =>
  make(spec, ['authenticated', 'selected'], (cx): cx is UserContext => cx.state !== 'not-authenticated')

/** A command on the selected mailbox: its handler has a view, never null. */
export const selectedRow = <C extends Named>(spec: Spec<C, SelectedContext>): Row =>
  make(spec, ['selected'], (cx): cx is SelectedContext => cx.state === 'selected')
