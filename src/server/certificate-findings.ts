/** What can be used, and clients will still complain about: names that are not covered, chains with gaps. Pure. */
import type { X509Certificate } from 'node:crypto'
import type { Pair } from './certificate-files.js'

export type Finding =
  /** A client that asks for `name` gets a certificate that is for others. */
  | { readonly kind: 'name'; readonly certificate: string; readonly name: string }
  | { readonly kind: 'chain'; readonly certificate: string; readonly problem: string }

/** `names`: what clients will ask for, `*.` in front for all names one level below. */
export function findingsOf({ certificate, chain }: Pair, names: readonly string[]): readonly Finding[] {
  const [leaf] = chain
  if (leaf === undefined) return []
  const uncovered = names.filter((name) => !covers(leaf, name))
  const problem = chainProblem(chain)
  return [
    ...uncovered.map((name): Finding => ({ kind: 'name', certificate, name })),
    ...(problem === null ? [] : [{ kind: 'chain', certificate, problem } as const]),
  ]
}

/** One line for people. */
export const findingText = (finding: Finding): string =>
  finding.kind === 'name'
    ? `the certificate ${finding.certificate} does not cover the name ${finding.name}`
    : `the chain of the certificate ${finding.certificate} is not in order: ${finding.problem}`

/** A label that no certificate names, so that only a wildcard covers it. */
const ANY_LABEL = 'posthorn-any-name'

/** By the alternative names alone: clients do not look at the common name any more (RFC 9525 §2). */
function covers(leaf: X509Certificate, name: string): boolean {
  const host = name.startsWith('*.') ? ANY_LABEL + name.slice(1) : name
  return leaf.checkHost(host, { subject: 'never' }) !== undefined
}

/**
 * Each certificate certifies the one before it (RFC 8446 §4.4.2); the root may be left out. A certificate alone that
 * somebody else issued is what one gets by taking "cert.pem" instead of "fullchain.pem".
 */
function chainProblem(chain: readonly X509Certificate[]): string | null {
  const gap = chain.findIndex((one, i) => i > 0 && chain[i - 1]?.checkIssued(one) === false)
  if (gap !== -1) return `certificate ${gap + 1} of the file did not issue certificate ${gap}`
  const [leaf] = chain
  return chain.length === 1 && leaf !== undefined && !isSelfSigned(leaf)
    ? `its issuer (${oneLine(leaf.issuer)}) is missing from the file, which clients need in most cases`
    : null
}

/** Not by `checkIssued`: one that may certify no others, as ours, has still signed itself. */
const isSelfSigned = (leaf: X509Certificate): boolean => leaf.issuer === leaf.subject && leaf.verify(leaf.publicKey)

const oneLine = (name: string): string => name.split('\n').join(', ')
