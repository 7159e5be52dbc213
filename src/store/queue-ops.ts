/** Changes to the queue, as data: the part of ops.ts that takes mail on and sends it. */
import type { Bounced, ReportedBounces } from './bounce-store.js'
import type { BlobData } from './ops.js'
import type { Attempt, Claim, ClaimRequest, Interrupted, SettledReport } from './outbound-store.js'
import type { Accepted, Delivery, Envelope, Expanded } from './store.js'

export interface QueueOperations {
  accept: {
    readonly op: {
      readonly id: string
      readonly from: string
      readonly envelope: Envelope | null
      readonly deliveries: readonly Delivery[]
      readonly blob: BlobData
      /** SHA-256 of the message as it was sent to us, by which a duplicate is known; null: none is looked for. */
      readonly received: string | null
      readonly at: number
      readonly partial: boolean
      readonly diagnostic: string | null
      readonly expanded: readonly Expanded[]
      readonly settles: SettledReport | null
      /** By its type it may be a report of others on mail of ours. */
      readonly mayReport: boolean
    }
    readonly result: Accepted
  }
  'drop-reports': { readonly op: { readonly settled: SettledReport }; readonly result: null }
  'warn-delayed': {
    readonly op: { readonly enqueuedBefore: number; readonly at: number; readonly limit: number }
    readonly result: number
  }
  'drop-incoming-report': { readonly op: { readonly serial: number }; readonly result: null }
  'record-bounces': { readonly op: { readonly bounces: ReportedBounces }; readonly result: readonly Bounced[] }
  'claim-due': { readonly op: { readonly claim: ClaimRequest }; readonly result: readonly Claim[] }
  'record-attempt': { readonly op: { readonly attempt: Attempt }; readonly result: null }
  /** What nobody has any more, because the server died: it is due again. */
  'release-claims': { readonly op: object; readonly result: readonly Interrupted[] }
}
