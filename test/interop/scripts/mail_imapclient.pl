# What Perl's Mail::IMAPClient can do, done once: perl mail_imapclient.pl PORT USER PASSWORD; ends with 0 when all of it did as it should.
use strict;
use warnings;
use Mail::IMAPClient;
use IO::Socket::SSL;

my ($port, $user, $password) = @ARGV;
my $imap = Mail::IMAPClient->new(
    Server => '127.0.0.1', Port => $port, User => $user, Password => $password, Uid => 1, Keepalive => 1,
    Ssl => [SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_NONE()],
) or die "no session: $@";

sub done { my ($what, $value) = @_; die "$what: ", $imap->LastError // '' unless $value; return $value }
sub is_same { my ($what, $found, $expected) = @_; die "$what: $found, not $expected\n" unless $found eq $expected }

sub mail { "From: $_[0]\@example.org\r\nSubject: $_[0]\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nbody of $_[0]\r\n" }

done(create => $imap->create('Perl/Deep'));
done(folders => grep { $_ eq 'Perl/Deep' } $imap->folders);
is_same(append => $imap->append_string('Perl/Deep', mail('one'), '\\Seen'), 1);
is_same(append => $imap->append_string('Perl/Deep', mail('two')), 2);
done(select => $imap->select('Perl/Deep'));
my @all = $imap->messages;
is_same(messages => "@all", '1 2');
is_same(search => join(',', $imap->search('SUBJECT', $imap->Quote('two'))), '2');
is_same(unseen => join(',', $imap->unseen), '2');
is_same(seen => join(',', $imap->seen), '1');
is_same(message => $imap->message_string(1), mail('one'));
is_same(subject => $imap->subject(2), 'two');
is_same(structure => $imap->get_bodystructure(1)->bodytype, 'TEXT');
is_same(envelope => $imap->get_envelope(1)->subject, 'one');
done(see => $imap->see(2));
done(flags => grep { $_ eq '\\Seen' } $imap->flags(2));
my $headers = $imap->parse_headers(\@all, 'Subject', 'From');
is_same(headers => join(',', map { $headers->{$_}{Subject}[0] } sort keys %$headers), 'one,two');
done(delete => $imap->delete_message(1));
done(expunge => $imap->expunge);
is_same(count => $imap->message_count, 1);
is_same(copy => $imap->copy('Spam', 2), 1);
is_same(move => $imap->move('Spam', 2), 2);
done(expunge => $imap->expunge);
is_same(count => $imap->message_count, 0);
is_same(count => $imap->message_count('Spam'), 2);
done(close => $imap->close);
done(rename => $imap->rename('Perl/Deep', 'Perl/Other'));
done(delete => $imap->delete('Perl/Other') && $imap->delete('Perl'));
done(namespace => $imap->namespace);
done(logout => $imap->logout);
