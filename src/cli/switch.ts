/** Options that are on or off. */
import { Option } from 'commander'

export type Switch = 'on' | 'off'

export const onOff = (flag: string, description: string): Option =>
  new Option(`${flag} <switch>`, description).choices(['on', 'off'])
