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

/** Columns under their names, as wide as they need; text left, numbers right. */
export function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => String(row[i]).length)))
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) =>
        typeof cell === 'number' ? String(cell).padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(columns), ...rows.map(line)].join('\n')
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
