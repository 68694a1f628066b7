"""Many scripted providers at once: each has a port of its own, so that nothing a gateway remembers of one concerns another."""

import contextlib
import resource
import selectors
import socket
import threading

from harness import PATIENCE, Upstream

# The scripts of a whole table listen at the same time, and their connections come on top.
_, HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(HARD, 8192), HARD))


class Part:
    """One provider. `script(sock, call)` is as an Upstream's; one that acts at once is called without a request."""

    def __init__(self, script, at_once=False):
        self.script, self.at_once = script, at_once
        self.calls = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = url_of(self.listener)


class Stage:
    """Owns the parts: one thread accepts for all of them, each connection has a thread of its own."""

    def __init__(self):
        self.lock = threading.Lock()
        self.open, self.complaints = set(), []
        self.kept = []  # sockets that only have to exist
        self.selector = selectors.DefaultSelector()
        self.bell, ear = socket.socketpair()
        self.kept += [self.bell, ear]
        self.selector.register(ear, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def part(self, script, at_once=False):
        part = Part(script, at_once)
        self.selector.register(part.listener, selectors.EVENT_READ, part)
        return part

    def closed_port(self):
        """Nobody listens, and nobody else gets the port."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.kept.append(sock)
        return url_of(sock)

    def black_hole(self):
        """A full backlog: what is sent to begin a connection is dropped."""
        hole = socket.socket()
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        self.kept.append(hole)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
            self.kept.append(filler)
        return url_of(hole)

    def accept(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    return
                with contextlib.suppress(OSError):
                    sock, _ = key.fileobj.accept()
                    with self.lock:
                        self.open.add(sock)
                    threading.Thread(target=self.serve, args=(sock, key.data), daemon=True).start()

    def serve(self, sock, part):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if part.at_once:
                part.script(sock, None)
                return
            while (call := Upstream.read_call(sock)) is not None:
                with self.lock:
                    part.calls.append(call)
                if not part.script(sock, call):
                    return
        except OSError:
            pass
        except Exception as error:  # of a script: the test that asked for it must hear of it
            self.complaints.append(repr(error))
        finally:
            with contextlib.suppress(OSError):
                sock.close()
            with self.lock:
                self.open.discard(sock)

    def stop(self):
        self.bell.send(b"x")
        self.thread.join(PATIENCE)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        for sock in self.kept:
            sock.close()
        with self.lock:
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def url_of(sock):
    return f"http://127.0.0.1:{sock.getsockname()[1]}/v1"
