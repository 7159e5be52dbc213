"""What Python's imaplib can do, done once: python3 imaplib_client.py PORT USER PASSWORD; ends with 0 when all of it did as it should."""
import imaplib
import ssl
import sys
import time

port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl._create_unverified_context()
MESSAGE = b'From: a@b.example\r\nTo: c@d.example\r\nSubject: one\r\n\r\nhello\r\n'


def ok(answer):
    kind, data = answer
    assert kind == 'OK', answer
    return data


def is_same(found, expected):
    assert found == expected, (found, expected)


def session():
    client = imaplib.IMAP4('127.0.0.1', port)
    client.starttls(context)
    return client


def plain(challenge):
    return f'\0{user}\0{password}'.encode()


first = session()
ok(first.authenticate('PLAIN', plain))
first.logout()
first = session()
ok(first.login(user, password))
first.logout()

client = session()
ok(client.login_cram_md5(user, password))
ok(client.create('Lib'))
ok(client.subscribe('Lib'))
assert b'() "/" Lib' in ok(client.lsub())
for number in range(3):
    ok(client.append('Lib', r'(\Seen $Label)', imaplib.Time2Internaldate(time.time()), MESSAGE))
is_same(ok(client.select('Lib')), [b'3'])
is_same(ok(client.status('Lib', '(MESSAGES UIDNEXT UNSEEN)')), [b'Lib (MESSAGES 3 UIDNEXT 4 UNSEEN 0)'])
[(label, octets), rest] = ok(client.fetch('1', '(RFC822 FLAGS)'))
is_same(octets, MESSAGE)
assert rb'\Seen' in rest and b'$Label' in rest, rest
is_same(ok(client.search(None, 'SUBJECT', 'one')), [b'1 2 3'])
is_same(ok(client.uid('SEARCH', 'SEEN', 'FROM', '"a@b.example"')), [b'1 2 3'])
client.literal = 'grüße'.encode()
is_same(ok(client.search('UTF-8', 'TEXT')), [b''])
ok(client.store('2', '+FLAGS', r'(\Deleted)'))
is_same(ok(client.expunge()), [b'2'])
assert [line.split()[2] for line in ok(client.uid('FETCH', '1:*', '(UID)'))] == [b'1)', b'3)']
ok(client.copy('1', 'Archive'))
is_same(client.response('COPYUID')[0], 'COPYUID')
ok(client.uid('MOVE', '3', 'Archive'))
is_same(ok(client.status('Archive', '(MESSAGES)')), [b'Archive (MESSAGES 2)'])
is_same(ok(client.status('Lib', '(MESSAGES)')), [b'Lib (MESSAGES 1)'])
assert all(ok(client.getquotaroot('Lib')))
ok(client.check())
ok(client.close())
ok(client.unsubscribe('Lib'))
ok(client.rename('Lib', 'Lib2'))
ok(client.delete('Lib2'))
assert ok(client.namespace())
ok(client.noop())
client.logout()
