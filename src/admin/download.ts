/** What a row answers with when it is octets and no JSON. */

import { z } from 'zod'

export interface DownloadHeaders {
  readonly 'content-type': string
  readonly 'content-disposition': string
  readonly 'content-length': string
}

export class Download {
  readonly headers: DownloadHeaders
  readonly octets: AsyncIterable<Buffer>

  /** `name` is told as RFC 6266 §4 has it; it is harmless already. */
  constructor(name: string, size: number, octets: AsyncIterable<Buffer>) {
    const plain = name.replace(/[^\x20-\x7e]|["\\]/g, '_')
    const extended = encodeURIComponent(name).replace(
      /['()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    )
    this.headers = {
      // Never the type that the sender gave: a browser might run what it names.
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${extended}`,
      'content-length': String(size),
    }
    this.octets = octets
  }
}

/** The reply of a row that answers so. */
export const download = z.instanceof(Download)
