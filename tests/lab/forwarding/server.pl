# A small HTTP/1.1 server for pods: the node's own Perl, since the lab's userland has no server.
# GET /who: the pod's name. Anything /echo: what was asked, one line each, and the body. GET /big?N: N bytes.
# GET /silent: no answer. Upgrade: bytes come back as they are.
use strict;
use warnings;
use IO::Socket::INET;

$SIG{CHLD} = 'IGNORE';
$| = 1;
my $listener = IO::Socket::INET->new(LocalPort => 8080, Listen => 64, ReuseAddr => 1) or die "listen: $!";
while (1) {
    my $client = $listener->accept or next;
    my $pid = fork;
    if ($pid) { close $client; next }
    close $listener;
    binmode $client;
    serve($client);
    exit 0;
}

sub serve {
    my ($client) = @_;
    my $buffer = '';
    while (1) {
        while ($buffer !~ /\r\n\r\n/) {
            sysread($client, $buffer, 65536, length $buffer) or return;
        }
        $buffer =~ s/^(.*?)\r\n\r\n//s or return;
        my ($first, @lines) = split /\r\n/, $1;
        my ($method, $target) = split / /, $first;
        my %header = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } @lines;
        if ($header{upgrade}) {
            print {$client} "HTTP/1.1 101 Switching Protocols\r\nUpgrade: $header{upgrade}\r\nConnection: Upgrade\r\n\r\n";
            $client->flush;
            do { syswrite($client, $buffer) if length $buffer; $buffer = '' } while sysread($client, $buffer, 65536);
            return;
        }
        my $length = $header{'content-length'} || 0;
        while (length $buffer < $length) {
            sysread($client, $buffer, 65536, length $buffer) or return;
        }
        my $body = substr($buffer, 0, $length, '');
        my $answer = "$ENV{POD}\n";
        if ($target =~ m{^/silent}) { sleep 1000 }
        if ($target =~ m{^/big\?(\d+)}) { $answer = 'x' x $1 }
        if ($target =~ m{^/echo}) { $answer = join("\n", $first, sort(@lines), '', $body) }
        $answer = '' if $method eq 'HEAD';
        print {$client} "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer";
        $client->flush;
    }
}
