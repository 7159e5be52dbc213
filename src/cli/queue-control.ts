/** posthorn queue retry, hold, release, fail, drop: what can be done about recipients that wait. */
import type { Command } from 'commander'
import { type ControlledReply, controlQueue, type queueActions } from '../admin/queue-control.js'
import { withAdmin } from './connect.js'
import { json, type Output } from './output.js'
import { type FilterOptions, filterOf, requireFilter, withFilter } from './queue-filter.js'
import { withSite } from './site.js'

type Action = (typeof queueActions)[number]

interface ControlOptions extends FilterOptions {
  readonly all?: true
}

interface Words {
  readonly description: string
  readonly done: string
  /** Of whom it was not done to. */
  readonly unsuited: string
}

const actions: { readonly [A in Action]: Words } = {
  retry: { description: 'try them now', done: 'due now', unsuited: 'held or failed already' },
  hold: { description: 'keep them until they are released', done: 'held', unsuited: 'held or failed already' },
  release: { description: 'try those that are held now', done: 'released', unsuited: 'not held' },
  fail: { description: 'give them up; their senders are told', done: 'given up', unsuited: 'failed already' },
  drop: { description: 'forget them; nobody is told', done: 'dropped', unsuited: 'failed already' },
}

export function controlCommands(queue: Command, out: Output): void {
  for (const [name, words] of Object.entries(actions) as [Action, Words][])
    withFilter(withSite(queue.command(name).description(words.description)))
      .option('--all', 'all of the queue')
      .action((options: ControlOptions) => control(name, words, options, out))
}

async function control(action: Action, words: Words, options: ControlOptions, out: Output): Promise<void> {
  const filter = filterOf(options)
  requireFilter(filter, options.all)
  await withAdmin(options, async (client) => {
    const controlled = await client.call(controlQueue, { action, ...filter, all: options.all })
    out.print(options.json ? json(controlled) : said(words, controlled))
  })
}

const said = (words: Words, { done, claimed, unsuited }: ControlledReply): string =>
  [
    `${done} ${done === 1 ? 'recipient' : 'recipients'} ${words.done}`,
    ...(claimed > 0 ? [`${claimed} passed over: tried just now`] : []),
    ...(unsuited > 0 ? [`${unsuited} passed over: ${words.unsuited}`] : []),
  ].join('\n')
