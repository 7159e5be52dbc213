/** Changes to the queue, as data: the part of ops.ts that operators ask for. */
import type { Controlled, HoldRule, QueueAction, QueuePosition, Suppressed } from './control-store.js'
import type { Destination } from './outbound-store.js'

export interface ControlOperations {
  /** Those that are not there any more are passed over without a word. */
  'control-queue': {
    readonly op: { readonly action: QueueAction; readonly recipients: readonly QueuePosition[]; readonly at: number }
    readonly result: Controlled
  }
  'pause-destination': { readonly op: { readonly destination: Destination }; readonly result: null }
  'resume-destination': { readonly op: { readonly destination: Destination }; readonly result: null }
  'add-hold-rule': { readonly op: { readonly rule: HoldRule }; readonly result: null }
  'remove-hold-rule': { readonly op: { readonly name: string }; readonly result: null }
  /** Some of those that finished before `until`. Gives how many. */
  'forget-finished': { readonly op: { readonly until: number }; readonly result: number }
  suppress: { readonly op: { readonly entry: Suppressed }; readonly result: Suppressed }
  unsuppress: { readonly op: { readonly address: string }; readonly result: null }
}
