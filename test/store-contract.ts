/** The rules of src/store/store.ts as tests, one for each, for every implementation there is. */
import { describe } from 'vitest'
import { accountContract } from './store/account-contract.js'
import { aliasContract } from './store/alias-contract.js'
import { appPasswordContract } from './store/app-password-contract.js'
import { arrangeContract } from './store/arrange-contract.js'
import { bounceContract } from './store/bounce-contract.js'
import { copyContract } from './store/copy-contract.js'
import { duplicateContract } from './store/duplicate-contract.js'
import { expungedContract } from './store/expunged-contract.js'
import type { NewStore } from './store/fixtures.js'
import { flagContract } from './store/flag-contract.js'
import { insideContract } from './store/inside-contract.js'
import { mailContract } from './store/mail-contract.js'
import { mailboxContract } from './store/mailbox-contract.js'
import { noticeContract } from './store/notice-contract.js'
import { openContract } from './store/open-contract.js'
import { outboundContract } from './store/outbound-contract.js'
import { owedContract } from './store/owed-contract.js'
import { queueContract } from './store/queue-contract.js'
import { queueControlContract } from './store/queue-control-contract.js'
import { quotaContract } from './store/quota-contract.js'
import { reportContract } from './store/report-contract.js'
import { threadContract } from './store/thread-contract.js'

export type { Harness, NewStore } from './store/fixtures.js'

export function storeContract(name: string, newStore: NewStore): void {
  describe(name, () => {
    accountContract(newStore)
    aliasContract(newStore)
    appPasswordContract(newStore)
    mailContract(newStore)
    mailboxContract(newStore)
    flagContract(newStore)
    copyContract(newStore)
    expungedContract(newStore)
    openContract(newStore)
    duplicateContract(newStore)
    threadContract(newStore)
    insideContract(newStore)
    arrangeContract(newStore)
    quotaContract(newStore)
    noticeContract(newStore)
  })
}

/** The same of the queue. */
export function queueContracts(name: string, newStore: NewStore): void {
  describe(name, () => {
    queueContract(newStore)
    reportContract(newStore)
    owedContract(newStore)
    queueControlContract(newStore)
    outboundContract(newStore)
    bounceContract(newStore)
  })
}
