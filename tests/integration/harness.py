"""The real binary, raw sockets and a scripted provider. Standard library only, so that nothing of ours is shared with
what is tested. Every wait has a bound that only a failure reaches; nothing sleeps."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import termios
import threading
import time

BINARY = os.environ.get("SMARTROUTE_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "build/dev/smartroute"))
PATIENCE = 30.0
KEY = "gateway-key-for-tests"


class Gateway:
    def __init__(self, config=None, env=None, limit_files=None, path=None):
        """`path` is a data folder that outlives the process."""
        self.folder = None if path else tempfile.TemporaryDirectory(prefix="smartroute-it-")
        self.path = pathlib.Path(path or self.folder.name)
        if config is not None:
            self.write(config)
        command = [BINARY, "serve", "--data", str(self.path), "--port", "0", "--bind", "127.0.0.1"]
        if limit_files:
            command = ["sh", "-c", f"ulimit -n {limit_files}; exec \"$@\"", "sh", *command]
        self.log = open(self.path / "stderr.log", "w+b")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, **(env or {})})
        self.greeting = b""
        while True:
            line = self.process.stdout.readline()
            self.greeting += line
            match = re.search(rb"(https?)://127\.0\.0\.1:(\d+)", line)
            if match:
                self.port = int(match.group(2))
                break
            if not line:
                raise AssertionError(f"the gateway did not start: {self.stderr()}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def write(self, config):
        text = config if isinstance(config, str) else json.dumps(config)
        (self.path / "config.json").write_text(text)

    def eventually(self, condition, what):
        """Asks again until it holds; bounded, and at once over when the gateway died."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{what}: never\n{self.stderr()[-3000:]}")

    def stderr(self):
        if self.log.closed:
            return self.said
        self.log.flush()
        return (self.path / "stderr.log").read_text(errors="replace")

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def connect_narrow(self):
        """A client whose system takes a few kilobytes, so that a larger answer gets stuck in the gateway."""
        sock = socket.socket()
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", self.port))
        return sock

    def send(self, raw):
        """One connection: sends, reads one reply."""
        with self.connect() as sock:
            sock.sendall(raw)
            return Reply.read(sock)

    def request(self, method, path, body=None, headers=None):
        return self.send(request_bytes(method, path, body, headers))

    def chat(self, body, headers=None):
        return self.request("POST", "/v1/chat/completions", json.dumps(body).encode(), headers)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=PATIENCE + 15)
        self.said = self.stderr()
        self.log.close()
        if self.folder:
            self.folder.cleanup()
        if code != 0 or "Sanitizer" in self.said:
            raise AssertionError(f"exit code {code}\n{self.said[-6000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def request_bytes(method, path, body=None, headers=None):
    lines = {"Host": "gateway", "Authorization": f"Bearer {KEY}", **(headers or {})}
    if body is not None:
        lines.setdefault("Content-Length", str(len(body)))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items() if v is not None)
    return head.encode() + b"\r\n" + (body or b"")


class Reply:
    def __init__(self, status, headers, body, whole):
        self.status, self.headers, self.body, self.whole = status, headers, body, whole

    def json(self):
        return json.loads(self.body)

    def error(self):
        return self.json()["error"]

    @staticmethod
    def read(sock, buffer=None, head_only=False):
        """Reads one reply; `whole` is False when the connection ended before its framing did."""
        data = buffer if buffer is not None else bytearray()

        def more():
            part = sock.recv(65536)
            data.extend(part)
            return bool(part)

        while b"\r\n\r\n" not in data:
            if not more():
                return Reply(None, {}, bytes(data), False)
        head, _, _ = bytes(data).partition(b"\r\n\r\n")
        del data[: len(head) + 4]
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if head_only or status in (204, 304) or status == 100:
            return Reply(status, headers, b"", True)
        body = bytearray()
        if headers.get("transfer-encoding") == "chunked":
            while True:
                while b"\r\n" not in data:
                    if not more():
                        return Reply(status, headers, bytes(body), False)
                line, _, _ = bytes(data).partition(b"\r\n")
                size = int(line, 16)
                while len(data) < len(line) + 2 + size + 2:
                    if not more():
                        return Reply(status, headers, bytes(body), False)
                start = len(line) + 2
                body += data[start : start + size]
                del data[: start + size + 2]
                if size == 0:
                    return Reply(status, headers, bytes(body), True)
        if "content-length" in headers:
            length = int(headers["content-length"])
            while len(data) < length:
                if not more():
                    return Reply(status, headers, bytes(data), False)
            body = bytes(data[:length])
            del data[:length]
            return Reply(status, headers, body, True)
        while more():
            pass
        return Reply(status, headers, bytes(data), True)


class Call:
    """One request that reached the provider."""

    def __init__(self, head, body):
        self.head, self.body, self.at = head, body, time.monotonic()
        self.closed = threading.Event()

    def header(self, name):
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    def json(self):
        return json.loads(self.body)


class Upstream:
    """Accepts connections, reads a request, hands (connection, call) to `script`. A script returns True to keep the
    connection for the next request."""

    def __init__(self, script, tls=None, is_up=True):
        self.script, self.tls = script, tls
        self.calls, self.connections = [], 0
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.stopped = False
        self.open = set()
        if is_up:
            self.up()

    def up(self):
        """Until then connections are refused, and nobody else gets the port."""
        self.listener.listen(512)
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    def accept(self):
        while not self.stopped:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.changed:
                self.connections += 1
                self.open.add(sock)
                self.changed.notify_all()
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, raw):
        sock = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                sock = self.tls.wrap_socket(raw, server_side=True)
            while True:
                call = self.read_call(sock)
                if call is None:
                    return
                with self.changed:
                    self.calls.append(call)
                    self.changed.notify_all()
                try:
                    if not self.script(sock, call):
                        return
                finally:
                    call.closed.set()
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.open.discard(raw)
            with contextlib.suppress(OSError):
                sock.close()

    @staticmethod
    def read_call(sock):
        data = b""
        while b"\r\n\r\n" not in data:
            part = sock.recv(65536)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
        while len(body) < length:
            part = sock.recv(65536)
            if not part:
                return None
            body += part
        return Call(head.decode("latin-1"), body)

    def wait_for(self, condition):
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), timeout=PATIENCE):
                raise AssertionError("the provider did not see what was expected")

    def stop(self):
        self.stopped = True
        self.listener.close()
        with self.lock:
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def until_closed(sock):
    """True when the other side closes; False after the patience."""
    sock.settimeout(PATIENCE)
    try:
        while sock.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


def bounded(condition, what):
    """Asks again until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: never")


def delivered(sock):
    """Returns when the system of the other side has everything that was sent."""
    bounded(lambda: fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)) == bytes(4), "it is delivered")


def taken(sock):
    """Returns when the process of the other side has read everything that was sent."""
    delivered(sock)
    row = f" 0100007F:{sock.getpeername()[1]:04X} 0100007F:{sock.getsockname()[1]:04X} 01 "

    def unread():
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table:
                if row in line:
                    return int(line.split()[4].partition(":")[2], 16)
        return 0  # closed

    bounded(lambda: unread() == 0, "it is read")


def make_certificate(folder, name, names):
    base = f"{folder}/{name}"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName={names}", "-keyout", f"{base}.key", "-out", f"{base}.pem"], check=True, capture_output=True)


def server_tls(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    return context


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def chunk_json(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def sse(*events):
    return b"".join(b"data: " + (e if isinstance(e, bytes) else json.dumps(e).encode()) + b"\n\n" for e in events)


def good_stream(text="Hello"):
    parts = [chunk_json({"role": "assistant", "content": ""})]
    parts += [chunk_json({"content": c}) for c in text]
    return sse(*parts, chunk_json({}, "stop"), b"[DONE]")


def good_plain(text="Hello"):
    message = {"role": "assistant", "content": text}
    return json.dumps({"id": "c1", "object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                       "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}).encode()


def reply(body, status="200 OK", content_type="application/json", extra=""):
    return (f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{extra}Content-Length: {len(body)}\r\n\r\n").encode() + body


def stream_head(extra=""):
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{extra}Transfer-Encoding: chunked\r\n\r\n".encode()


def chunked(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


END = b"0\r\n\r\n"


def answer_well(sock, call):
    if call.json().get("stream"):
        sock.sendall(stream_head() + chunked(good_stream()) + END)
    else:
        sock.sendall(reply(good_plain()))
    return True


def config_for(*urls, **sections):
    custom = {f"p{i}": {"base_url": url, "api_key": f"sk-provider-{i}"} for i, url in enumerate(urls)}
    entries = [{"model": f"m{i}", "provider": f"p{i}"} for i in range(len(urls))]
    config = {"schema_version": 1, "general": {"gateway_api_key": KEY}, "models": {"t1": entries},
              "providers": {"custom": custom}, "router": {"mode": "fixed"}, "server": {"shards": 2}}
    for name, value in sections.items():
        config.setdefault(name, {}).update(value)
    return config


def says(text, stream=False):
    return {"model": "auto", "messages": [{"role": "user", "content": text}], **({"stream": True} if stream else {})}


def said(call):
    return call.json()["messages"][0]["content"]


def chat_bytes(body, headers=None):
    return request_bytes("POST", "/v1/chat/completions", body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


MESSAGES = [{"role": "user", "content": "Hello"}]
PLAIN = {"model": "auto", "messages": MESSAGES}
STREAM = {**PLAIN, "stream": True}
