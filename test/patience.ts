/** How long a test waits for what happens in the background: as long as a slow machine may need. For `expect.poll`. */
export const PATIENCE = { timeout: 30_000 } as const
