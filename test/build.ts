import { execFileSync } from 'node:child_process'

/** Worker threads and the end-to-end tests run the compiled program, so it is compiled before any test starts. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
