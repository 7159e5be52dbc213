/** What commands print: lines for people, JSON for programs. */

export interface Output {
  /** Results: stdout. */
  print(text: string): void
  /** What went wrong, or is asked: stderr. */
  complain(text: string): void
}

export const processOutput: Output = {
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
}

/** Columns under their names, as wide as they need; text left, numbers and their names right. */
export function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, i) => lines.reduce((most, line) => Math.max(most, String(line[i]).length), 0))
  const numeric = columns.map((_, i) => rows.some((row) => typeof row[i] === 'number'))
  const cell = (value: string | number, i: number): string =>
    numeric[i] ? String(value).padStart(widths[i] ?? 0) : String(value).padEnd(widths[i] ?? 0)
  return lines.map((line) => line.map(cell).join('  ').trimEnd()).join('\n')
}

export const json = (value: unknown): string => JSON.stringify(value, null, 2)

/** As people read it: 1.5 MiB. */
export function sizeText(octets: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = octets
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** Seconds are enough for people, and UTC is the same everywhere. */
export const timeText = (iso: string | null): string =>
  iso === null ? 'never' : `${iso.slice(0, 19).replace('T', ' ')} UTC`
