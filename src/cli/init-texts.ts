/** The texts of posthorn init: a configuration that explains itself, and DNS records. */

/** All keys that people change, those with a good default as comments. docs/configuration.md has all. */
export const configTemplate = (
  hostname: string,
): string => `# The configuration of a Posthorn mail server. Every key is explained in docs/configuration.md.
# "posthorn config check FILE" says whether it is valid, "posthorn config show FILE" what is in force.
# SIGHUP makes a running server read this file and the certificates again; the log says what waits for a restart.

# How the server calls itself to others: this name must lead to it in the DNS, and its address back to the name.
hostname = "${hostname}"

# Everything that the server keeps. Relative to the folder of this file.
data_dir = "data"

# Mail from other servers.
[[listener]]
service = "smtp"
address = "0.0.0.0"
port = 25
# max_connections = 100
# Behind a proxy that sends the PROXY header, such as HAProxy:
# proxy_protocol = true
# proxy_from = ["10.0.0.0/8"]

# Mail from users: STARTTLS first, then a login.
[[listener]]
service = "submission"
address = "0.0.0.0"
port = 587

# The same with TLS from the start.
[[listener]]
service = "submissions"
address = "0.0.0.0"
port = 465

# Mail from another mail server on this machine, by LMTP. Its user needs access to the folder of the socket.
# [[listener]]
# service = "lmtp"
# path = "/run/posthorn/lmtp.sock"
# mode = "0666"

# Mailboxes: STARTTLS first, then a login.
[[listener]]
service = "imap"
address = "0.0.0.0"
port = 143
# max_connections = 200

# The same with TLS from the start.
[[listener]]
service = "imaps"
address = "0.0.0.0"
port = 993

# The HTTP API, on this machine only; "posthorn token add NAME" makes a token for it.
# [[listener]]
# service = "admin"
# address = "127.0.0.1"
# port = 2080

# For IPv6, one more listener each with address = "::".

# Without these two a self-signed certificate in data/tls is used, which mail clients complain about.
# Relative to the folder of this file.
[tls]
# certificate = "/etc/letsencrypt/live/${hostname}/fullchain.pem"
# key = "/etc/letsencrypt/live/${hostname}/privkey.pem"

# Certificates for other names by which clients call this server.
# [[tls.site]]
# names = ["mail.other.example"]
# certificate = "other.pem"
# key = "other.key"

[smtp]
# max_message_size = "50MiB"
# max_recipients = 1000
# max_connections_per_address = 20

[imap]
# idle_heartbeat = "2m"
# max_connections_per_address = 20

[log]
level = "info"
`

/** As lines of a zone file. */
export const dnsRecords = (hostname: string, domain: string): readonly string[] => {
  const rows = [
    [`${domain}.`, 'MX', `10 ${hostname}.`, ''],
    [`${hostname}.`, 'A', '192.0.2.1', '; the public address of this machine (AAAA for IPv6)'],
    [`${domain}.`, 'TXT', '"v=spf1 mx -all"', '; SPF: only the hosts of the MX send mail of this domain'],
    [`_imaps._tcp.${domain}.`, 'SRV', `0 1 993 ${hostname}.`, '; lets clients find the server (RFC 6186)'],
    [`_submissions._tcp.${domain}.`, 'SRV', `0 1 465 ${hostname}.`, '; the same (RFC 8314)'],
  ] as const
  const width = Math.max(...rows.map(([name]) => name.length))
  const middle = Math.max(...rows.map(([, , value]) => value.length))
  return [
    ...rows.map(([name, type, value, note]) =>
      `  ${name.padEnd(width)}  IN ${type.padEnd(4)}${value.padEnd(middle)}  ${note}`.trimEnd(),
    ),
    '',
    `  PTR: whoever gives you the address lets it lead back to ${hostname}. Many servers refuse mail without that.`,
    '  DKIM: mail is not signed yet, so there is no record for it.',
  ]
}
