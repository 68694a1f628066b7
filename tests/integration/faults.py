"""What a provider may do over plain TCP, and what the client may see of it: a table.

A case ends in one of three ways. ANSWERS: odd, and valid; the client gets this provider's bytes. CUT: real content had been sent;
the answer ends with an error, whoever else could have answered. Else the class of the failure (docs/failover.md): the next
candidate is asked, and when all do the same the client gets one error with `status`."""

import dataclasses
import json
import select
import time
from email.utils import formatdate

from harness import END, PATIENCE, chunk_json, chunked, good_plain, good_stream, reply, reset, sse, stream_head, until_closed

ANSWERS, CUT = "answers", "cut"
API_KEY = "house-key-4711-of-the-gateway"  # of all providers of the table; no client may see it
EVENT_BYTES = 1 << 20  # limits.event_bytes of the gateways that are tested

STATUS = {"first_byte_timeout": 504, "idle_timeout": 504, "total_timeout": 504, "rate_limited": 429, "upstream_refused": 400,
          "context_exceeded": 400, "unsupported_input": 400, "content_policy": 400}
REFUSALS = ("upstream_refused", "context_exceeded", "unsupported_input", "content_policy")


@dataclasses.dataclass(eq=False)
class Case:
    name: str
    kind: str  # plain, stream
    ends: str  # ANSWERS, CUT or a class
    script: object  # (sock, call) -> True to keep the connection; None with `where`
    status: int = 0  # the client's, when all candidates do this
    body: bytes = b""  # ANSWERS: the whole; CUT: what came before it
    retry_after: object = None  # the client's header: a text, a range of seconds, None for none
    message: str = None  # of a refusal
    short: bool = False  # ends by a timeout: needs a gateway whose timeouts are short
    at_once: bool = False  # acts without waiting for a request
    where: str = None  # instead of a script: closed_port, black_hole
    id: str = ""


CASES = []


def add(kind, name, ends, script, **more):
    case = Case(name, kind, ends, script, **more)
    case.status = case.status or (200 if ends in (ANSWERS, CUT) else STATUS.get(ends, 502))
    case.id = f"case-{len(CASES)}-{kind}"
    CASES.append(case)


def plain(name, ends, script, **more):
    add("plain", name, ends, script, **more)


def stream(name, ends, script, **more):
    add("stream", name, ends, script, **more)


def both(name, ends, script, **more):
    plain(name, ends, script, **more)
    stream(name, ends, script, **more)


# --- What providers do -------------------------------------------------------------------------------------------------


def sends(*parts, then=None):
    """Sends these bytes; closes, or does what `then` does."""
    def script(sock, call):
        for part in parts:
            sock.sendall(part)
        return then(sock, call) if then else None
    return script


def resets(sock, _call):
    reset(sock)


def stays_silent(sock, _call):
    until_closed(sock)


def goes_on(_sock, _call):
    return True


def has_left(sock, patience):
    """True when the other side closed within `patience` seconds: what paces a slow provider."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(patience * 1000)) and sock.recv(65536) == b""


def drips(block):
    """Sends it byte by byte, again and again, slowly, for as long as somebody listens."""
    def script(sock, _call):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for byte in block:
                sock.send(bytes([byte]))
                if has_left(sock, 0.05):
                    return
        raise AssertionError("nobody stopped the drip")
    return script


def repeats(block):
    """Sends it whole, again and again, slowly, for as long as somebody listens."""
    def script(sock, _call):
        end = time.monotonic() + PATIENCE
        while not has_left(sock, 0.05):
            sock.sendall(block)
            if time.monotonic() > end:
                raise AssertionError("nobody stopped the repetition")
    return script


def floods(block, limit=256 << 20):
    """Sends it as fast as it is taken; nobody may take it all."""
    def script(sock, _call):
        for _ in range(limit // len(block)):
            sock.sendall(block)
        raise AssertionError("everything of the flood was taken")
    return script


def byte_by_byte(data):
    def script(sock, _call):
        for byte in data:
            sock.send(bytes([byte]))
    return script


def fails(line, body=b'{"error":{"message":"said by the provider"}}', extra=""):
    return sends(reply(body, line, extra=extra), then=goes_on)


def error(message="said by the provider", **fields):
    return json.dumps({"error": {"message": message, **fields}}).encode()


def events(*parts):
    """A script and the body it makes: these events, whole, in chunks of their own."""
    return sends(stream_head(), *(chunked(part) for part in parts), END, then=goes_on)


def answers(name, script, body, kind="stream", **more):
    add(kind, name, ANSWERS, script, body=body, **more)


OWN_PLAIN = good_plain("the provider's own answer")
OWN_STREAM = good_stream("its own answer")
ROLE = sse(chunk_json({"role": "assistant", "content": ""}))
HALF = sse(chunk_json({"content": "half an answer"}))
FINISH = sse(chunk_json({}, "stop"))
DONE = sse(b"[DONE]")
PAGE = b"<!DOCTYPE html>\n<html><body><script>alert(1)</script><h1>502 Bad Gateway</h1></body></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def head(kind):
    return HEAD if kind == "plain" else SSE_HEAD


def own(kind):
    return OWN_PLAIN if kind == "plain" else OWN_STREAM


def sized(kind, body, extra=b""):
    return head(kind) + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


# --- No connection, or none that lasts ---------------------------------------------------------------------------------

both("refused", "upstream_connect", None, where="closed_port")
both("black hole", "upstream_connect", None, where="black_hole", short=True)
both("reset on connect", "upstream_connect", resets, at_once=True)
both("reset after the request", "upstream_connect", resets)
both("closed after the request", "upstream_connect", sends())
both("reset in the head", "upstream_protocol", sends(b"HTTP/1.1 200 OK\r\nContent-", then=resets))
both("closed in the head", "upstream_protocol", sends(b"HTTP/1.1 200 OK\r\nContent-"))
both("closed behind an interim reply", "upstream_connect", sends(b"HTTP/1.1 100 Continue\r\n\r\n"))

# --- Silence -----------------------------------------------------------------------------------------------------------

for kind in ("plain", "stream"):
    late = {"plain": "total_timeout", "stream": "first_byte_timeout"}[kind]
    add(kind, "silence", late, stays_silent, short=True)
    add(kind, "half a head, then silence", late, sends(b"HTTP/1.1 200 OK\r\nX: ", then=stays_silent), short=True)
    add(kind, "a head, then silence", late, sends(head(kind) + b"Content-Length: 99\r\n\r\n", then=stays_silent), short=True)
    add(kind, "a head byte by byte", late, drips(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000), short=True)
    add(kind, "an interim reply, then silence", late, sends(b"HTTP/1.1 103 Early Hints\r\n\r\n", then=stays_silent), short=True)
plain("half an answer, then silence", "idle_timeout",
      sends(HEAD + b"Content-Length: %d\r\n\r\n" % len(OWN_PLAIN) + OWN_PLAIN[:40], then=stays_silent), short=True)
plain("an answer byte by byte", "total_timeout", sends(HEAD + b"Content-Length: 9999\r\n\r\n", then=drips(OWN_PLAIN)), short=True)
stream("a role, then silence", "first_byte_timeout", sends(stream_head() + chunked(ROLE), then=stays_silent), short=True)
stream("half an event, then silence", "first_byte_timeout", sends(stream_head() + chunked(HALF[:30]), then=stays_silent), short=True)
stream("an event byte by byte", "first_byte_timeout", sends(SSE_HEAD + b"\r\n", then=drips(b'data: {"x":"' + b"y" * 5000)), short=True)
stream("comments for ever", "first_byte_timeout", sends(stream_head(), then=repeats(chunked(b": ping\n\n"))), short=True)
stream("roles for ever", "first_byte_timeout", sends(stream_head(), then=repeats(chunked(ROLE))), short=True)
both("429 whose body never comes", "rate_limited",
     sends(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 99\r\n\r\n", then=stays_silent), retry_after="3", short=True)
both("500 whose body never ends", "upstream_server",
     sends(b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n", then=repeats(chunked(b"oh "))), short=True)

# --- Heads -------------------------------------------------------------------------------------------------------------

for name, text in {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "HTTP/2": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "status 999": b"HTTP/1.1 999 Blocked\r\nContent-Length: 2\r\n\r\n{}",
    "status 42": b"HTTP/1.1 42 Early\r\nContent-Length: 2\r\n\r\n{}",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nContent-Length 2\r\n\r\n{}",
    "a folded header": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "a thousand headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"Content-Length: 2\r\n\r\n{}",
    "a header of a megabyte": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
    "a length that overflows": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
    "a length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "an unknown transfer coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "101": SWITCH,
    "101 and frames": SWITCH + b"\x81\x02hi",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    "interim replies without end": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
}.items():
    both(name, "upstream_protocol", sends(text))
both("an endless header", "upstream_protocol", sends(b"HTTP/1.1 200 OK\r\nX: ", then=floods(b"x" * 65536)))
for status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"):
    both(status[:3], "upstream_protocol", fails(status, b"", "Location: http://127.0.0.1:1/v1/chat/completions\r\n"))
for kind in ("plain", "stream"):
    body = own(kind)
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    add(kind, "interim replies, then an answer", ANSWERS, sends(interim + sized(kind, body)), body=body)
    add(kind, "interim replies in packets of their own", ANSWERS, sends(*interim.splitlines(True), sized(kind, body)), body=body)
    add(kind, "HTTP/1.0", ANSWERS, sends(head(kind).replace(b"1.1", b"1.0") + b"\r\n" + body), body=body)
    add(kind, "HTTP/1.0 with a length", ANSWERS, sends(sized(kind, body).replace(b"1.1", b"1.0", 1)), body=body)
    add(kind, "ended by the connection", ANSWERS, sends(head(kind) + b"\r\n" + body), body=body)
    add(kind, "the same length twice", ANSWERS,
        sends(sized(kind, body, b"Content-Length: %d\r\n" % len(body)), then=goes_on), body=body)
    add(kind, "more bytes than the length", ANSWERS, sends(sized(kind, body) + b"HTTP/1.1 200 OK\r\n\r\nunasked", then=goes_on), body=body)
    add(kind, "a head byte by byte, then an answer", ANSWERS, byte_by_byte(sized(kind, body)), body=body)
    add(kind, "status 201", ANSWERS, sends(sized(kind, body).replace(b"200 OK", b"201 Created"), then=goes_on), body=body)
    add(kind, "coding identity", ANSWERS, sends(sized(kind, body, b"Content-Encoding: identity\r\n"), then=goes_on), body=body)
    add(kind, "gzip unasked", "upstream_protocol", sends(sized(kind, b"\x1f\x8b\x08\0\0", b"Content-Encoding: gzip\r\n"), then=goes_on))
    add(kind, "headers that are nobody's business", ANSWERS,
        sends(sized(kind, body, b"Set-Cookie: a=b\r\nX-Api-Key: " + API_KEY.encode() + b"\r\n"), then=goes_on), body=body)

# --- Framing of bodies -------------------------------------------------------------------------------------------------

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TRAILERS = b"0\r\nServer-Timing: total;dur=1\r\nX-Checksum: 4711\r\n\r\n"
plain("a truncated length", "upstream_protocol", sends(HEAD + b"Content-Length: 5000\r\n\r\n" + OWN_PLAIN))
plain("reset in the body", "upstream_protocol", sends(HEAD + b"Content-Length: 5000\r\n\r\n" + OWN_PLAIN[:20], then=resets))
plain("truncated chunks", "upstream_protocol", sends(CHUNKED + chunked(OWN_PLAIN)))
plain("a truncated chunk", "upstream_protocol", sends(CHUNKED + b"ffff\r\n" + OWN_PLAIN))
plain("reset in a chunk", "upstream_protocol", sends(CHUNKED + b"ffff\r\n" + OWN_PLAIN, then=resets))
stream("a truncated length", "upstream_protocol", sends(SSE_HEAD + b"Content-Length: 5000\r\n\r\n" + ROLE))
stream("truncated chunks", "upstream_protocol", sends(stream_head() + chunked(ROLE)))
stream("a truncated chunk", "upstream_protocol", sends(stream_head() + b"ffff\r\n" + ROLE))
stream("reset behind the role", "upstream_protocol", sends(stream_head() + chunked(ROLE), then=resets))
for name, tail in {
    "a chunk size that is no number": b"zz\r\n{}\r\n",
    "a negative chunk size": b"-2\r\n{}\r\n",
    "no chunk size": b"\r\n{}\r\n",
    "a chunk size of 17 digits": b"11111111111111111\r\n{}",
    "a chunk size of 2^64 - 1": b"ffffffffffffffff\r\n{}",
    "a chunk longer than its size": b"2\r\n{}{}\r\n0\r\n\r\n",
    "chunks without CR": b"2\n{}\n0\n\n",
    "a chunk extension of 10 KB": b"2;" + b"x" * 10_000 + b"\r\n{}\r\n0\r\n\r\n",
}.items():
    plain(name, "upstream_protocol", sends(CHUNKED + tail))
    stream(name, "upstream_protocol", sends(stream_head() + chunked(ROLE) + tail))
plain("endless trailers", "upstream_protocol", sends(CHUNKED + chunked(OWN_PLAIN) + b"0\r\n", then=floods(b"X: y\r\n" * 1000)))
answers("endless trailers behind [DONE]", sends(stream_head() + chunked(OWN_STREAM) + b"0\r\n", then=floods(b"X: y\r\n" * 1000)), OWN_STREAM)
answers("trailers", sends(CHUNKED + chunked(OWN_PLAIN) + TRAILERS, then=goes_on), OWN_PLAIN, "plain")
answers("trailers", sends(stream_head() + chunked(OWN_STREAM) + TRAILERS, then=goes_on), OWN_STREAM)
for name, size in {"chunk extensions": b"%x;name=value", "leading zeros": b"00000%x", "capital digits": b"%X", "padding": b"%x  "}.items():
    answers(f"chunks with {name}", sends(CHUNKED + size % len(OWN_PLAIN) + b"\r\n" + OWN_PLAIN + b"\r\n" + END, then=goes_on),
            OWN_PLAIN, "plain")
    answers(f"chunks with {name}", sends(stream_head() + size % len(OWN_STREAM) + b"\r\n" + OWN_STREAM + b"\r\n" + END, then=goes_on),
            OWN_STREAM)
answers("a byte a chunk", sends(CHUNKED + b"".join(chunked(bytes([b])) for b in OWN_PLAIN) + END, then=goes_on), OWN_PLAIN, "plain")
answers("a byte a chunk", sends(stream_head() + b"".join(chunked(bytes([b])) for b in OWN_STREAM) + END, then=goes_on), OWN_STREAM)
answers("a byte a packet", byte_by_byte(CHUNKED + chunked(OWN_PLAIN) + END), OWN_PLAIN, "plain")
answers("a byte a packet", byte_by_byte(stream_head() + chunked(OWN_STREAM) + END), OWN_STREAM)

# --- Statuses ----------------------------------------------------------------------------------------------------------

SAID = "said by the provider"
PATIENTLY = "5"  # health.cooldown.first, where no provider said how long
both("400", "upstream_refused", fails("400 Bad Request"), message=SAID)
both("400 HTML", "upstream_refused", fails("400 Bad Request", PAGE), message="status 400")
both("400 without a body", "upstream_refused", fails("400 Bad Request", b""), message="status 400")
both("400 with the gateway's key", "upstream_refused", fails("400 Bad Request", error(f"no {API_KEY}, no sk-abc123def")),
     message="no ***, no sk-***")
TOO_LONG = "This model's maximum context length is 8192 tokens"
both("400 context length", "context_exceeded", fails("400 Bad Request", error(TOO_LONG)), message=TOO_LONG)
both("400 context code", "context_exceeded", fails("400 Bad Request", error(code="context_length_exceeded")), message=SAID)
both("400 unsupported parameter", "unsupported_input", fails("400 Bad Request", error(code="unsupported_parameter")), message=SAID)
both("400 content filter", "content_policy", fails("400 Bad Request", error(code="content_filter")), message=SAID)
both("404", "upstream_refused", fails("404 Not Found"), status=404, message=SAID)
both("404 model", "model_unavailable", fails("404 Not Found", error(code="model_not_found")))
both("413", "upstream_refused", fails("413 Payload Too Large"), status=413, message=SAID)
both("422", "upstream_refused", fails("422 Unprocessable Entity"), status=422, message=SAID)
both("401", "upstream_auth", fails("401 Unauthorized", error("Incorrect API key provided: " + API_KEY, code="invalid_api_key")))
both("403", "upstream_auth", fails("403 Forbidden"))
both("402", "billing", fails("402 Payment Required"))
both("429 quota", "billing", fails("429 Too Many Requests", error(code="insufficient_quota"), "Retry-After: 5\r\n"))
both("408", "upstream_server", fails("408 Request Timeout"))
both("409", "upstream_server", fails("409 Conflict"))
both("500", "upstream_server", fails("500 Internal Server Error"))
both("500 HTML", "upstream_server", fails("500 Internal Server Error", PAGE))
both("500 without a body", "upstream_server", fails("500 Internal Server Error", b""))
both("500 cut in its body", "upstream_server", sends(b"HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\n{"))
both("500 with bad chunks", "upstream_server", sends(b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"))
both("500 that says rate limit", "upstream_server", fails("500 Internal Server Error", error(code="rate_limit_exceeded")))
both("502 HTML", "upstream_server", fails("502 Bad Gateway", PAGE))
both("503", "upstream_server", fails("503 Service Unavailable", b"upstream connect error or disconnect/reset before headers"))
both("503 with Retry-After", "upstream_server", fails("503 Service Unavailable", extra="Retry-After: 9\r\n"))
both("504", "upstream_server", fails("504 Gateway Timeout"))
both("529", "rate_limited", fails("529 Site is overloaded", extra="Retry-After: 2\r\n"), retry_after="2")
both("an error body of a gigabyte", "upstream_server",
     sends(b"HTTP/1.1 500 Oops\r\nContent-Length: 1000000000\r\n\r\n", then=floods(b"x" * 65536)))
both("an endless error body", "upstream_server",
     sends(b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n", then=floods(chunked(b"x" * 65536))))
both("an error body without framing", "upstream_server", sends(b"HTTP/1.1 500 Oops\r\n\r\n", then=floods(b"x" * 65536)))

NOW = time.time()
for name, lines, told in (
    ("no Retry-After", "", PATIENTLY),
    ("seconds", "Retry-After: 7\r\n", "7"),
    ("decimals", "Retry-After: 1.5\r\n", "2"),
    ("zero", "Retry-After: 0\r\n", PATIENTLY),
    ("a date", f"Retry-After: {formatdate(NOW + 5000, usegmt=True)}\r\n", range(4000, 5001)),
    ("a date of RFC 850", time.strftime("Retry-After: %A, %d-%b-%y %H:%M:%S GMT\r\n", time.gmtime(NOW + 5000)), range(4000, 5001)),
    ("a date of asctime", time.strftime("Retry-After: %a %b %d %H:%M:%S %Y\r\n", time.gmtime(NOW + 5000)), range(4000, 5001)),
    ("a date that has passed", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", PATIENTLY),
    ("a date of the year 9999", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "86400"),
    ("a negative number", "Retry-After: -5\r\n", PATIENTLY),
    ("1e9", "Retry-After: 1e9\r\n", "86400"),
    ("forty digits", "Retry-After: " + "9" * 40 + "\r\n", "86400"),
    ("NaN", "Retry-After: nan\r\n", PATIENTLY),
    ("junk", "Retry-After: soon\r\n", PATIENTLY),
    ("an empty one", "Retry-After: \r\n", PATIENTLY),
    ("retry-after-ms", "Retry-After: 9\r\nretry-after-ms: 1200\r\n", "2"),
    ("junk in retry-after-ms", "Retry-After: 9\r\nretry-after-ms: soon\r\n", "9"),
):
    both(f"429, {name}", "rate_limited", fails("429 Too Many Requests", extra=lines), retry_after=told)

# --- A 200 that is no answer -------------------------------------------------------------------------------------------

for name, body in {
    "invalid JSON": b"{nonsense",
    "cut JSON": OWN_PLAIN[:-10],
    "two documents": OWN_PLAIN + OWN_PLAIN,
    "invalid UTF-8": good_plain("x").replace(b'"x"', b'"\xff\xfe"'),
    "no body": b"",
    "white space": b" \n\n ",
    "a list": b"[]",
    "a text": b'"hello"',
    "null": b"null",
    "another shape": b'{"object":"list","data":[]}',
    "choices that are no list": b'{"choices":null}',
    "HTML": PAGE,
    "a line of text": b"upstream connect error",
}.items():
    plain(f"200, {name}", "upstream_protocol", fails("200 OK", body))
    stream(f"200, {name} instead of a stream", "upstream_protocol", fails("200 OK", body))
    if name not in ("no body", "white space"):
        ends = "upstream_empty" if name in ("another shape", "choices that are no list") else "upstream_protocol"
        stream(f"200, {name} as an event", ends, events(b"".join(b"data: " + line + b"\n" for line in body.split(b"\n")) + b"\n"))
both("200, endless HTML", "upstream_protocol", sends(HEAD + b"\r\n" + PAGE, then=floods(b"<p>x" * 16384)))
plain("200, endless white space", "upstream_protocol", sends(HEAD + b"\r\n", then=floods(b" " * 65536)))
plain("200, an endless error", "upstream_protocol", sends(HEAD + b'\r\n{"error":{"message":"', then=floods(b"x" * 65536)))
plain("200, a stream unasked", "upstream_protocol", sends(sized("stream", OWN_STREAM), then=goes_on))
stream("200, a plain answer to a stream", "upstream_protocol", sends(reply(OWN_PLAIN), then=goes_on))
stream("200, events called HTML", "upstream_protocol", sends(reply(OWN_STREAM, content_type="text/html"), then=goes_on))
for name, ends, body, more in (
    ("an error", "upstream_server", error("boom"), {}),
    ("an error as a text", "upstream_server", b'{"error":"boom"}', {}),
    ("an error with null choices", "upstream_server", b'{"choices":null,"error":{"message":"boom"}}', {}),
    ("an error without the word", "upstream_server", b'{"code":50001,"message":"boom","data":null}', {}),
    ("an error that names 429", "rate_limited", error("slow down", code=429), {"retry_after": PATIENTLY}),
    ("an error that names 503", "upstream_server", error("down", code=503), {}),
    ("an error of the account", "billing", error("spent", code="insufficient_quota"), {}),
    ("an error of our key", "upstream_auth", error("wrong key " + API_KEY, code="invalid_api_key"), {}),
    ("a refusal", "upstream_refused", error(SAID, type="invalid_request_error"), {"message": SAID}),
    ("a context that is too long", "context_exceeded", error(SAID, code="context_length_exceeded"), {"message": SAID}),
):
    plain(f"200, {name}", ends, fails("200 OK", body), **more)
    stream(f"200, {name} instead of a stream", ends, fails("200 OK", body), **more)
    stream(f"200, {name} as the first event", ends, events(sse(body)), **more)
    stream(f"200, {name} as the second event", ends, events(ROLE, sse(body)), **more)
    stream(f"200, {name} as an event of that name", ends, events(b"event: error\n" + sse(body)), **more)
plain("200, no choices", "upstream_empty", fails("200 OK", b'{"id":"c1","choices":[]}'))
stream("200, no choices", "upstream_empty", events(sse(b'{"id":"c1","choices":[]}')))
for notice in ("Rate limit exceeded", "The engine is currently OVERLOADED", "Please try again later"):
    plain(f"200, the notice \"{notice}\"", "rate_limited", fails("200 OK", good_plain(notice)), retry_after=PATIENTLY)
    stream(f"200, the notice \"{notice}\"", "rate_limited", events(ROLE, sse(chunk_json({"content": notice})), FINISH, DONE), retry_after=PATIENTLY)
# What has begun as an answer is one: the first 200 characters of every stream would have to be held back else.
answers("a notice that comes letter by letter", events(good_stream("Rate limit exceeded")), good_stream("Rate limit exceeded"))
FILTERED = good_plain("").replace(b'"stop"', b'"content_filter"')
plain("200, an empty answer", "upstream_empty", fails("200 OK", good_plain("")))
plain("200, a null answer", "upstream_empty", fails("200 OK", good_plain("").replace(b'"content": ""', b'"content": null')))
plain("200, filtered whole", "content_policy", fails("200 OK", FILTERED), message="the provider's content filter left nothing of the answer")
stream("200, filtered whole", "content_policy", events(ROLE, sse(chunk_json({}, "content_filter")), DONE),
       message="the provider's content filter left nothing of the answer")
for name, message in {
    "tool calls": {"content": None, "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    "a refusal of the model's": {"content": None, "refusal": "I will not"},
    "reasoning alone": {"content": "", "reasoning_content": "hm"},
}.items():
    body = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}).encode()
    answers(f"200, {name}", sends(reply(body), then=goes_on), body, "plain")
    body = ROLE + sse(chunk_json(message)) + FINISH + DONE
    answers(f"200, {name}", sends(stream_head() + chunked(body) + END, then=goes_on), body)
answers("200, an error that is null", sends(reply(OWN_PLAIN.replace(b"{", b'{"error":null,', 1)), then=goes_on),
        OWN_PLAIN.replace(b"{", b'{"error":null,', 1), "plain")
answers("200, white space around it", sends(reply(b"\n\n  " + OWN_PLAIN + b"\n"), then=goes_on), b"\n\n  " + OWN_PLAIN + b"\n", "plain")
answers("200, called text", sends(reply(OWN_PLAIN, content_type="text/plain"), then=goes_on), OWN_PLAIN, "plain")
LARGE = good_plain("x" * 3_000_000)
answers("200, three megabytes", sends(reply(LARGE), then=goes_on), LARGE, "plain")

# --- Streams before their content --------------------------------------------------------------------------------------

stream("ends at once", "upstream_empty", events())
stream("ends at once, with the connection", "upstream_empty", sends(SSE_HEAD + b"\r\n"))
stream("[DONE] alone", "upstream_empty", events(DONE))
stream("a role, then [DONE]", "upstream_empty", events(ROLE, DONE))
stream("a role, then the end", "upstream_empty", events(ROLE))
stream("a role, then a finish reason", "upstream_empty", events(ROLE, FINISH, DONE))
stream("usage alone", "upstream_empty", events(sse({**chunk_json({}), "choices": [], "usage": {"prompt_tokens": 5}}), DONE))
stream("comments alone", "upstream_empty", events(b": ping\n\n" * 5))
stream("lines that are no fields", "upstream_empty", events(b"hello\n\nworld\n\n"))
stream("other fields alone", "upstream_empty", events(b"event: ping\nid: 1\nretry: 5\n\n"))
stream("an event without data", "upstream_protocol", events(b"data\n\n"))
stream("an event of bad JSON", "upstream_protocol", events(sse(b"{nonsense")))
stream("an event of bad JSON behind the role", "upstream_protocol", events(ROLE, sse(b'{"choices":')))
stream("an event of invalid UTF-8", "upstream_protocol", events(HALF.replace(b"half", b"\xff\xfe")))
stream("no empty lines", "upstream_protocol", events(OWN_STREAM.replace(b"\n\n", b"\n")))
stream("an event over the limit", "upstream_protocol", sends(stream_head(), then=floods(chunked(b"data: " + b"x" * 65536))))
stream("a comment over the limit", "upstream_protocol", sends(stream_head(), then=floods(chunked(b": " + b"x" * 65536))))
stream("endless comments", "upstream_protocol", sends(stream_head(), then=floods(chunked(b": ping\n\n" * 8192))))
stream("endless roles", "upstream_protocol", sends(stream_head(), then=floods(chunked(ROLE * 500))))

# --- Streams that are odd, and whole -----------------------------------------------------------------------------------

BOM = "\N{BYTE ORDER MARK}".encode()
WORLD = ROLE + sse(*(json.dumps(chunk_json({"content": c}), ensure_ascii=False).encode() for c in ("你好", "héllo", "\U0001f30d"))) + FINISH + DONE
USAGE = sse({**chunk_json({}), "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}})
for name, body in {
    "comments before the content": b": ping\n\n: OPENROUTER PROCESSING\n\n" + OWN_STREAM,
    "comments inside and behind": b": a\n\n" + ROLE + b": b\n\n" + HALF + b": c\n" + FINISH + DONE,
    "CR LF": OWN_STREAM.replace(b"\n", b"\r\n"),
    "CR alone": OWN_STREAM.replace(b"\n", b"\r"),
    "CR LF, LF and CR": ROLE + HALF.replace(b"\n", b"\r\n") + HALF.replace(b"\n", b"\r") + FINISH + DONE,
    "a BOM": BOM + OWN_STREAM,
    "no space behind the colon": OWN_STREAM.replace(b"data: ", b"data:"),
    "names and ids of events": OWN_STREAM.replace(b"data: ", b"id: 1\nevent: chunk\ndata: "),
    "data in two lines": ROLE + b'data: {"choices":\ndata: [{"index":0,"delta":{"content":"two"}}]}\n\n' + FINISH + DONE,
    "fields nobody knows": b"retry: 5\nx: y\n\n" + OWN_STREAM,
    "more empty lines": OWN_STREAM.removesuffix(DONE).replace(b"\n\n", b"\n\n\n\n") + DONE,
    "characters of all lengths": WORLD,
    "an event of 600 KB": ROLE + sse(chunk_json({"content": "x" * 600_000})) + FINISH + DONE,
    "a finish reason with the content": ROLE + sse(chunk_json({"content": "all"}, "length")) + DONE,
    "[DONE] without a finish reason": ROLE + HALF + DONE,
    "[DONE] without an empty line": OWN_STREAM[:-2],
    "[DONE] with a single line end": OWN_STREAM[:-1],
    "no [DONE]": OWN_STREAM.removesuffix(DONE),
    "no empty line behind the finish reason": OWN_STREAM.removesuffix(b"\n\n" + DONE),
    "a long answer that says rate limit": ROLE + sse(chunk_json({"content": "A rate limit is a bound. " * 20})) + FINISH + DONE,
}.items():
    answers(name, sends(stream_head() + chunked(body) + END, then=goes_on), body)
    answers(f"{name}, ended by the connection", sends(SSE_HEAD + b"\r\n" + body), body)
UNENDED = OWN_STREAM.removesuffix(DONE)
answers("no [DONE], cut behind the finish reason", sends(stream_head() + chunked(UNENDED)), UNENDED)
answers("no [DONE], less than the length", sends(SSE_HEAD + b"Content-Length: 99999\r\n\r\n" + UNENDED), UNENDED)
answers("no [DONE], the connection stays open", sends(stream_head() + chunked(UNENDED), then=stays_silent), UNENDED, short=True)
answers("[DONE], the connection stays open", sends(stream_head() + chunked(OWN_STREAM), then=stays_silent), OWN_STREAM, short=True)
answers("data behind [DONE]", events(OWN_STREAM + HALF, HALF), OWN_STREAM)
answers("an error behind [DONE]", events(OWN_STREAM + sse(error())), OWN_STREAM)
answers("[DONE] twice", events(OWN_STREAM + DONE), OWN_STREAM)
answers("all in one packet", sends(stream_head() + chunked(OWN_STREAM) + END, then=goes_on), OWN_STREAM)
answers("characters cut in two", events(*(WORLD[i : i + 3] for i in range(0, len(WORLD), 3))), WORLD)
answers("usage nobody asked for", events(ROLE, HALF, FINISH, USAGE, DONE), ROLE + HALF + FINISH + DONE)

# --- Cut after the first content ---------------------------------------------------------------------------------------

BEGUN = stream_head() + chunked(ROLE + HALF)


def cut(name, script, **more):
    stream(f"content, then {name}", CUT, script, body=ROLE + HALF, **more)


cut("the connection's end", sends(BEGUN))
cut("a reset", sends(BEGUN, then=resets))
cut("a proper end without a finish reason", sends(BEGUN + END, then=goes_on))
cut("the end of a stream without framing", sends(SSE_HEAD + b"\r\n" + ROLE + HALF))
cut("the end before the length", sends(SSE_HEAD + b"Content-Length: 9999\r\n\r\n" + ROLE + HALF))
cut("silence", sends(BEGUN, then=stays_silent), short=True)
cut("half an event, then silence", sends(BEGUN + chunked(HALF[:20]), then=stays_silent), short=True)
cut("heartbeats for ever", sends(BEGUN, then=repeats(chunked(b": ping\n\n"))), short=True)
cut("a bad chunk", sends(BEGUN + b"zz\r\n"))
cut("a chunk of 17 digits", sends(BEGUN + b"11111111111111111\r\n"))
cut("half an event", sends(BEGUN + chunked(HALF[:20]) + END, then=goes_on))
cut("an event without its empty line", sends(BEGUN + chunked(HALF[:-1]) + END, then=goes_on))
cut("an error event", sends(BEGUN + chunked(sse(error("boom"))) + END, then=goes_on))
cut("an error event and [DONE]", sends(BEGUN + chunked(sse(error("boom")) + DONE) + END, then=goes_on))
cut("an error event of that name", sends(BEGUN + chunked(b"event: error\n" + sse(error("boom"))) + END, then=goes_on))
cut("an error event that names our key", sends(BEGUN + chunked(sse(error("key " + API_KEY))) + END, then=goes_on))
cut("an error event of our account", sends(BEGUN + chunked(sse(error("Spent by acme", code="insufficient_quota"))) + END, then=goes_on))
cut("an event of bad JSON", sends(BEGUN + chunked(sse(b"{nonsense")) + END, then=goes_on))
cut("an event of invalid UTF-8", sends(BEGUN + chunked(HALF.replace(b"half", b"\xff\xfe")) + END, then=goes_on))
cut("a page of HTML as data", sends(BEGUN + chunked(b"data: " + PAGE.replace(b"\n", b" ") + b"\n\n") + END, then=goes_on))
cut("an event over the limit", sends(BEGUN, then=floods(chunked(b"x" * 65536))))

PART = LARGE[:2_000_000]
plain("two of three megabytes", CUT, sends(HEAD + b"Content-Length: %d\r\n\r\n" % len(LARGE) + PART), body=PART)
plain("two megabytes, then half a chunk", CUT, sends(CHUNKED + chunked(PART) + b"ffff\r\n"), body=PART)
plain("two megabytes, then a bad chunk", CUT, sends(CHUNKED + chunked(PART) + b"zz\r\n"), body=PART)
plain("two megabytes, then silence", CUT, sends(CHUNKED + chunked(PART), then=stays_silent), body=PART, short=True)
