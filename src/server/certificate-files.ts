/** A certificate, its chain and its key, from two PEM files to a TLS context; and what is wrong with them, in words. */
import { constants, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { CertificateFiles } from '../core/config.js'
import { serverLimits } from '../core/limits.js'
import { reasonOf, StartupError } from './errors.js'

/** TLS 1.3 first, then the suites of requirement T-004: forward secrecy and AEAD only (RFC 9325 §4.2). */
export const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
] as const

export interface Pair {
  /** Path. */
  readonly certificate: string
  /** As in the file: the server's own first, then the issuers. Never empty. */
  readonly chain: readonly X509Certificate[]
  /** Milliseconds since the epoch between which all of the chain is valid. */
  readonly validFrom: number
  readonly validTo: number
  /** A new one each time, with session ticket keys of its own. */
  readonly newContext: () => SecureContext
}

/** @throws StartupError that names the file, for one that is missing, unreadable, or does not fit the other */
export async function readPair({ certificate, key }: CertificateFiles): Promise<Pair> {
  const pem = await readPem(certificate, 'certificate')
  const chain = parseChain(certificate, pem)
  const secretPem = await readPem(key, 'key')
  const secret = asKey(key, secretPem)
  if (!chain[0]?.checkPrivateKey(secret)) throw misfit(certificate, key, chain, secret)
  const newContext = (): SecureContext => contextOf(certificate, pem, secretPem)
  newContext() // so that what OpenSSL does not accept is known now
  const validFrom = Math.max(...chain.map((one) => Date.parse(one.validFrom)))
  const validTo = Math.min(...chain.map((one) => Date.parse(one.validTo)))
  return { certificate, chain, validFrom, validTo, newContext }
}

async function readPem(path: string, what: string): Promise<Buffer> {
  const most = serverLimits.pemFileOctets
  const buffer = Buffer.alloc(most + 1)
  try {
    const file = await open(path)
    try {
      let filled = 0
      for (let got = 1; got > 0 && filled <= most; filled += got)
        got = (await file.read(buffer, filled, most + 1 - filled)).bytesRead
      if (filled <= most) return buffer.subarray(0, filled)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new StartupError(`cannot read the TLS ${what} ${path}: ${reasonOf(error)}`, error)
  }
  throw new StartupError(`cannot read the TLS ${what} ${path}: it is larger than ${most} octets`)
}

const BLOCK = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END \1CERTIFICATE-----/g

function parseChain(path: string, pem: Buffer): X509Certificate[] {
  const blocks = pem.toString('latin1').match(BLOCK) ?? []
  if (blocks.length === 0) throw new StartupError(`${path} is not a certificate in PEM form`)
  if (blocks.length > serverLimits.chainCertificates)
    throw new StartupError(`${path} holds more than ${serverLimits.chainCertificates} certificates`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch (error) {
    throw new StartupError(`${path} is not a certificate in PEM form`, error)
  }
}

function asKey(path: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    const why = pem.includes('ENCRYPTED')
      ? 'is protected by a passphrase: it is needed without one (openssl pkey -in FILE -out FILE)'
      : 'is not a private key in PEM form'
    throw new StartupError(`the TLS key ${path} ${why}`, error)
  }
}

function misfit(certificate: string, key: string, chain: readonly X509Certificate[], secret: KeyObject): StartupError {
  const later = chain.findIndex((one) => one.checkPrivateKey(secret))
  return new StartupError(
    later === -1
      ? `the TLS key ${key} does not belong to the certificate ${certificate}`
      : `the TLS key ${key} belongs to certificate ${later + 1} of ${certificate}, which must be the first one there`,
  )
}

function contextOf(path: string, cert: Buffer, key: Buffer): SecureContext {
  try {
    return createSecureContext({
      cert,
      key,
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS.join(':'),
      honorCipherOrder: true,
      // TLS 1.2 alone has it. Nobody needs it, and it costs us more than the client (RFC 9325 §3.5).
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    })
  } catch (error) {
    throw new StartupError(`the TLS certificate ${path} cannot be used: ${reasonOf(error)}`, error)
  }
}
