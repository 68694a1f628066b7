"""Request bodies in pieces: whatever the cuts, the provider gets the bytes that were sent and what stands behind a body is
the next request."""

import contextlib
import hashlib
import json
import socket
import ssl
import struct
import tempfile
import unittest

from harness import (END, KEY, Gateway, Reply, Upstream, chat_bytes, chunked, config_for, good_plain, good_stream, make_certificate,
                     reply, request_bytes, stream_head, taken)

KIB = 1024
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n"
USAGE = b'{"stream_options":{"include_usage":true},'


def body_of(size, stream=False):
    """A request of exactly `size` bytes, no two of its places alike."""
    begin = b'{"model":"auto"' + (b',"stream":true' if stream else b"") + b',"messages":[{"role":"user","content":"'
    end = b'"}]}'
    room = size - len(begin) - len(end)
    assert room >= 0, "it has a least size"
    return begin + b"".join(b"%07x " % i for i in range(room // 8 + 1))[:room] + end


def asked_for(body):
    """What the provider gets of it."""
    asked = body.replace(b'"auto"', b'"m0"', 1)
    return USAGE + asked[1:] if b'"stream":true' in body[:40] else asked


def answer_to(body):
    text = hashlib.sha256(asked_for(body)).hexdigest()
    return good_stream(text) if b'"stream":true' in body[:40] else good_plain(text)


def script(sock, call):
    text = hashlib.sha256(call.body).hexdigest()
    if b'"stream":true' in call.body:
        sock.sendall(stream_head() + chunked(good_stream(text)) + END)
    else:
        sock.sendall(reply(good_plain(text)))
    return True


def sized(body):
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def in_chunks(body, size):
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(map(chunked, parts)) + END


def cuts_of(first, head, total):
    """Where the bytes of two requests are cut: names and places. `first` is the length of the first, `head` of its head."""
    return {
        "one piece": [],
        "head alone": [head],
        "head and a byte": [head + 1],
        "the last byte late": [first - 1],
        "apart": [first],
        "head alone, apart": [head, first],
        "a byte of the next": [first + 1],
        "half a head of the next": [first + 30],
        "head of the next": [total - 200],
        "head alone, a byte of the next": [head, first + 1],
        "in the middle": [(head + first) // 2],
        "thirds": [head + (first - head) // 3, head + (first - head) * 2 // 3],
        "8 KiB": list(range(8 * KIB, total, 8 * KIB))[:4],
        "64 KiB": list(range(64 * KIB, total, 64 * KIB)),
    }


@contextlib.contextmanager
def case(*what):
    """Unlike a sub-test it ends its test: when one body hangs, hundreds would."""
    try:
        yield
    except (AssertionError, OSError) as error:
        raise AssertionError(f"{what}: {error}") from error


class Bodies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make_certificate(cls.folder.name, "good", "DNS:localhost")
        cls.upstream = Upstream(script)
        cls.gateway = Gateway(config_for(cls.upstream.url, server={"shards": 1}))
        tls = {"cert": f"{cls.folder.name}/good.pem", "key": f"{cls.folder.name}/good.key"}
        cls.tls_gateway = Gateway(config_for(cls.upstream.url, server={"shards": 1, "tls": tls}))
        cls.tls = ssl.create_default_context(cafile=f"{cls.folder.name}/good.pem")

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.tls_gateway.stop()
        cls.upstream.stop()
        cls.folder.cleanup()

    def check(self, sock, pieces, bodies):
        """Every piece is read by the gateway before the next is sent."""
        before = len(self.upstream.calls)
        for piece in pieces[:-1]:
            sock.sendall(piece)
            taken(sock)
        sock.sendall(pieces[-1])
        buffer = bytearray()
        for body in bodies:
            answer = Reply.read(sock, buffer)
            self.assertEqual((answer.status, answer.whole), (200, True), answer.body[:300])
            self.assertTrue(answer.body == answer_to(body), "the answer to another body")
        self.assertEqual(buffer, b"", "one answer each")
        seen = [call.body for call in self.upstream.calls[before:]]
        self.assertEqual([len(body) for body in seen], [len(asked_for(body)) for body in bodies])
        self.assertTrue(seen == [asked_for(body) for body in bodies], "the provider got other bytes")
        # Without the minute in which the system remembers a connection: there are hundreds.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def check_all_cuts(self, first, body, behind, bodies_behind, only=None):
        head = first.index(b"\r\n\r\n") + 4
        raw = first + behind
        done = set()
        for name, cuts in cuts_of(len(first), head, len(raw)).items():
            places = tuple(sorted({cut for cut in cuts if 0 < cut < len(raw)}))
            if places in done or (only and name not in only):
                continue
            done.add(places)
            with case(name, len(body)), self.gateway.connect() as sock:
                pieces = [raw[a:b] for a, b in zip((0, *places), (*places, len(raw)))]
                self.check(sock, pieces, [body, *bodies_behind])

    def sizes(self):
        """Sizes of bodies: round ones, and those which are round together with their head."""
        least = len(body_of(200))
        for round_size in (8, 16, 32, 48, 64, 128, 256):
            for more in (-1, 0, 1):
                size = round_size * KIB + more
                yield size
                if more == 0 or round_size in (8, 48):
                    yield size - len(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        yield from (least, 1000, 40_000, 1_000_003)

    def test_bodies_with_a_length(self):
        small = body_of(300)
        for size in self.sizes():
            body = body_of(size)
            self.check_all_cuts(sized(body), body, sized(small), [small])

    def test_the_head_of_the_next_request_in_the_segment_of_a_body(self):
        for size in (8 * KIB, 32 * KIB, 64 * KIB, 65_537):
            body, large = body_of(size), body_of(size + 7, stream=True)
            self.check_all_cuts(sized(body), body, sized(large), [large], ("one piece", "head alone", "head of the next", "64 KiB"))
            self.check_all_cuts(sized(large), large, sized(body) + sized(large), [body, large])

    def test_chunked_bodies_with_a_request_behind(self):
        small = body_of(300)
        for size, chunk in ((300, 1), (1000, 7), (8 * KIB, 8 * KIB), (32 * KIB, 32 * KIB), (48 * KIB, 1000), (64 * KIB, 16 * KIB),
                            (65_537, 65_537), (300_000, 4096)):
            body = body_of(size, stream=size == 1000)
            for behind in (sized(small), in_chunks(small, 100)):
                self.check_all_cuts(in_chunks(body, chunk), body, behind, [small])

    def test_chunked_bodies_cut_everywhere(self):
        body, small = body_of(200), body_of(201)
        first = in_chunks(body, 90)
        raw = first + sized(small)
        for cut in range(first.index(b"\r\n\r\n") + 1, len(first) + 3):
            with case(cut), self.gateway.connect() as sock:
                self.check(sock, [raw[:cut], raw[cut:]], [body, small])

    def test_a_body_that_was_waited_for(self):
        small = body_of(300)
        for size in (300, 8 * KIB, 64 * KIB, 65_537):
            body = body_of(size)
            for raw, name in ((sized(body), b"Content-Length"), (in_chunks(body, 9000), b"Transfer-Encoding")):
                with case(size, name), self.gateway.connect() as sock:
                    head, _, rest = raw.partition(b"\r\n\r\n")
                    sock.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
                    self.assertEqual(Reply.read(sock).status, 100)
                    self.check(sock, [rest + sized(small)], [body, small])

    def test_many_requests_behind_each_other(self):
        bodies = [body_of(size, stream=size % 2 == 0) for size in (200, 8 * KIB, 201, 40_000, 202, 65_536, 203, 100_000, 204, 8000)]
        raw = b"".join(in_chunks(body, 5000) if i % 3 == 2 else sized(body) for i, body in enumerate(bodies))
        for step in (len(raw), 64 * KIB, 8 * KIB, 4001):
            with case(step), self.gateway.connect() as sock:
                self.check(sock, [raw[i : i + step] for i in range(0, len(raw), step)], bodies)

    def test_bodies_over_tls(self):
        small = body_of(300)
        for size in (300, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 65_537, 300_000):
            body = body_of(size)
            for first in (sized(body), in_chunks(body, 10_000)):
                raw = first + sized(small)
                head = first.index(b"\r\n\r\n") + 4
                for name, cut in (("one piece", len(raw)), ("head alone", head), ("apart", len(first)), ("head of the next", len(first) + 30)):
                    with case(name, size), self.tls.wrap_socket(self.tls_gateway.connect(), server_hostname="localhost") as sock:
                        self.check(sock, [piece for piece in (raw[:cut], raw[cut:]) if piece], [body, small])

    def test_a_body_behind_which_the_client_leaves(self):
        # What came of the next request is nobody's.
        body = body_of(64 * KIB)
        with self.gateway.connect() as sock:
            before = len(self.upstream.calls)
            sock.sendall(sized(body) + request_bytes("GET", "/v1/models")[:20])
            self.assertEqual(Reply.read(sock).body, answer_to(body))
            self.assertEqual(len(self.upstream.calls), before + 1)
        self.assertEqual(self.gateway.send(chat_bytes(body)).body, answer_to(body))
        self.assertEqual(json.loads(self.upstream.calls[-1].body)["model"], "m0")


if __name__ == "__main__":
    unittest.main()
