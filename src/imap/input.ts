/** More from the client in the middle of a command: AUTHENTICATE's answers, IDLE's DONE. */

export interface Input {
  /** The next line as octets, without CRLF. Literals are not followed. @throws Farewell when it is too long; DeadlineExpired; Disconnected */
  line(): Promise<string>
  /** A line that is a secret: the trace shows nothing of it. */
  secret(): Promise<string>
}
