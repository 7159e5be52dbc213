/** What is left of a user who is removed, by command. */
import { expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { inProcess, posthorn } from '../../test/program.js'

const { site } = cliSites()
const ANN = 'ann@example.org'

test('aliases and catch-alls that still lead to a user who goes are named, and marked from then on', async () => {
  const file = await site()
  const ok = async (line: string) => {
    const { code, stdout, stderr } = await inProcess([...line.split(' '), '--config', file])
    expect(code, stderr).toBe(0)
    return { stdout, stderr }
  }
  const add = (): Promise<unknown> =>
    posthorn(['user', 'add', ANN, '--password-stdin', '--config', file], { input: 'SecurePass123' })
  await ok('domain add example.org')
  await ok('domain add other.org')
  await add()
  await ok(`alias add sales@example.org ${ANN} x@far.example`)
  expect((await ok('alias add typo@example.org an@example.org')).stdout).toBe(
    'alias typo@example.org leads to an@example.org (leads nowhere)\n',
  )
  await ok(`domain set other.org --catch-all ${ANN}`)
  expect(await ok(`user remove ${ANN}`)).toEqual({
    stdout: `user ${ANN} removed\n`,
    stderr: `the alias sales@example.org still leads to ${ANN}\nthe catch-all of other.org still leads to ${ANN}\n`,
  })
  expect((await ok('alias list')).stdout).toMatch(/ ann@example\.org \(leads nowhere\), x@far\.example\n/)
  expect(JSON.parse((await ok('alias list --json')).stdout)).toMatchObject([
    { address: 'sales@example.org', dead_targets: [ANN] },
    { address: 'typo@example.org', dead_targets: ['an@example.org'] },
  ])
  await add()
  expect(JSON.parse((await ok(`user remove ${ANN} --json`)).stdout)).toEqual({
    aliases: ['sales@example.org'],
    catch_alls: ['other.org'],
  })
})
