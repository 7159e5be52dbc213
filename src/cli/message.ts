/** posthorn message: what is in messages. */
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { type AttachmentReply, getAttachment, listAttachments } from '../admin/messages.js'
import { reasonOf } from '../server/errors.js'
import { withAdmin } from './connect.js'
import { CommandError } from './errors.js'
import { json, type Output, sizeText, table } from './output.js'
import { type SiteOptions, withSite } from './site.js'

export function messageCommands(program: Command, out: Output): void {
  const message = program.command('message').description('what is in messages')
  const one = (name: string, description: string): Command =>
    withSite(message.command(name).description(description))
      .argument('<address>', 'the user')
      .argument('<mailbox>', 'as INBOX or Archive/2026')
      .argument('<uid>', 'the number that IMAP knows the message by', uidOf)

  one('attachments', 'list what is attached to a message')
    .option('--json', 'for programs')
    .action((address: string, mailbox: string, uid: number, options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const { attachments } = await client.call(listAttachments, { address, mailbox, uid })
        out.print(options.json ? json(attachments) : attachmentTable(attachments))
      }),
    )
  one('attachment', 'write one attachment, decoded, to a file')
    .argument('<part>', 'its number in the list, as 2 or 1.3')
    .requiredOption('-o, --output <file>', 'a file that is not there yet; - for stdout')
    .action((address: string, mailbox: string, uid: number, part: string, options: SiteOptions & { output: string }) =>
      withAdmin(options, async (client) => {
        const { output } = options
        await save(await client.download(getAttachment, { address, mailbox, uid, part }), output)
        if (output !== '-') out.print(`attachment ${part} written to ${output}`)
      }),
    )
}

function uidOf(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('must be a number from 1 on')
  return Number(text)
}

const attachmentTable = (attachments: readonly AttachmentReply[]): string =>
  table(
    ['PART', 'SIZE', 'TYPE', 'NAME'],
    attachments.map(({ part, size, type, name }) => [part, sizeText(size), type, name ?? '(none)']),
  )

/** @throws CommandError for a file that is there, or cannot be written */
async function save(octets: AsyncIterable<Buffer>, path: string): Promise<void> {
  try {
    if (path === '-') await pipeline(octets, process.stdout, { end: false })
    else await pipeline(octets, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    throw new CommandError(`cannot write the attachment to ${path}: ${reasonOf(error)}`)
  }
}
