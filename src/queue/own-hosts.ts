/** Which names and addresses are this server, and which can be nobody's mail server: how a loop is seen before it begins. */
import { networkInterfaces } from 'node:os'
import { isLoopback, withinNetworks } from '../core/ip-network.js'

/** ours: mail for it comes back to us. nowhere: no other server can be there. */
export type Whereabouts = 'ours' | 'nowhere' | 'elsewhere'

export interface OwnHosts {
  /** Whether `name`, in lower case, is what we call ourselves. */
  named(name: string): boolean
  /** Looks at the machine once; for one plan, as addresses change. */
  whereabouts(port: number): (address: string) => Whereabouts
}

export interface OwnHostsParts {
  /** In its canonical form. */
  readonly hostname: string
  /** Where we listen by TCP, with the ports that were bound. */
  readonly listeners: readonly { readonly service: string; readonly address: string; readonly port: number }[]
  /** Addresses by which others know us, which the machine need not have. */
  readonly addresses: () => readonly string[]
  readonly machine?: () => readonly string[]
}

/** Addresses of the interfaces that are up. */
const machineAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))

/** No unicast, or good on one link alone: RFC 1122 §3.2.1.3, RFC 3927, RFC 4291 §2.4. With IPv4 goes IPv6 that maps it. */
const NO_SERVER = ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '::', 'fe80::/10', 'ff00::/8']
const LOOPBACK = ['127.0.0.0/8', '::1']

/**
 * A server that others can reach sends nothing to loopback by MX: whoever controls a domain could speak to what listens
 * there. One that is on loopback alone may. There ports tell programs apart; anywhere else a port may be forwarded to ours.
 */
export function ownHosts({ hostname, listeners, addresses, machine = machineAddresses }: OwnHostsParts): OwnHosts {
  const reached = listeners.some(({ address }) => !isLoopback(address))
  const noServer = withinNetworks(reached ? [...NO_SERVER, ...LOOPBACK] : NO_SERVER)
  const doors = listeners.filter(({ service }) => service === 'smtp')
  return {
    named: (name) => name === hostname,
    whereabouts(port) {
      const here = doors.flatMap((door) => addressesOf(door.address, machine).filter((a) => isAt(a, door.port, port)))
      const ours = withinNetworks([...here, ...addresses().filter((address) => !isLoopback(address))])
      return (address) => (ours(address) ? 'ours' : noServer(address) ? 'nowhere' : 'elsewhere')
    },
  }
}

/** Networks that a listener's address stands for. */
function addressesOf(address: string, machine: () => readonly string[]): readonly string[] {
  if (address === '0.0.0.0') return ['127.0.0.0/8', ...machine().filter((one) => !one.includes(':'))]
  if (address === '::') return ['::1', ...machine().filter((one) => one.includes(':'))]
  return [address]
}

const isAt = (address: string, bound: number, port: number): boolean => bound === port || !isLoopback(address)
