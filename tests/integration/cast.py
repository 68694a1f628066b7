"""A gateway before scripted providers, one model each (p0/m0, p1/m1, ...), whose scripts a test may change while it runs."""

import threading
import time
import unittest

from books import Books
from harness import PATIENCE, PLAIN, Gateway, Reply, Upstream, answer_well, chat_bytes, config_for

ITSELF = 1  # request under way while the metrics are read


class Cast:
    """`entries` and `providers` change what belongs to the model of that number; `tiers` says where it stands, if not
    in t1; `edit` changes the rest of the configuration."""

    def __init__(self, *scripts, entries=None, providers=None, tiers=None, edit=None, env=None, path=None, **sections):
        self.models = [script if isinstance(script, Upstream) else Upstream(script) for script in scripts]
        self.config = config_for(*(model.url for model in self.models), **{"server": {"shards": 1}, **sections})
        custom, listed = self.config["providers"]["custom"], self.config["models"].pop("t1")
        for number, entry in enumerate(listed):
            entry.update((entries or {}).get(number, {}))
            custom[f"p{number}"].update((providers or {}).get(number, {}))
            self.config["models"].setdefault((tiers or {}).get(number, "t1"), []).append(entry)
        if edit:
            edit(self.config)
        self.gateway = Gateway(self.config, env, path=path)

    def asked(self):
        """How many requests each model got."""
        return [len(model.calls) for model in self.models]

    def order(self):
        """The models' numbers in the order in which they were asked."""
        calls = [(call.at, number) for number, model in enumerate(self.models) for call in model.calls]
        return [number for _, number in sorted(calls)]

    def chat(self, body=PLAIN, headers=None):
        return self.gateway.chat(body, headers)

    def stats(self, of="models"):
        return self.gateway.request("GET", f"/api/stats/{of}").json()

    def rests(self, number):
        return self.stats()[f"p{number}/m{number}"]["rests"]

    def goes_to_rest(self, number):
        self.gateway.eventually(lambda: self.rests(number), f"m{number} rests")

    def wakes(self, number):
        self.gateway.eventually(lambda: not self.rests(number), f"the rest of m{number} is over")

    def under_way(self, count):
        """Returns when so many requests are being answered or wait."""
        self.gateway.eventually(lambda: Books(self.gateway).gauge("requests_in_flight") == count + ITSELF, f"{count} requests under way")

    def restart(self):
        """With the same data folder, which must be one that outlives the process."""
        self.gateway.stop()
        self.gateway = Gateway(path=self.gateway.path)

    def stop(self):
        try:
            self.gateway.stop()
        finally:
            for model in self.models:
                model.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Client:
    """One connection for many requests."""

    def __init__(self, gateway):
        self.sock, self.buffer = gateway.connect(), bytearray()

    def send(self, body=PLAIN, headers=None):
        self.sock.sendall(chat_bytes(body, headers))

    def read(self):
        return Reply.read(self.sock, self.buffer)

    def chat(self, body=PLAIN, headers=None):
        self.send(body, headers)
        return self.read()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Held:
    """A script that waits to be let go on; each `let` frees one call, in the order they came."""

    def __init__(self, then=answer_well):
        self.then, self.permits = then, threading.Semaphore(0)

    def let(self, count=1):
        self.permits.release(count)

    def __call__(self, sock, call):
        if not self.permits.acquire(timeout=PATIENCE):
            raise OSError("nobody let it go on")
        return self.then(sock, call)


def in_turn(*scripts):
    """Each call gets the next of them, the last one stays."""
    left = list(scripts)

    def script(sock, call):
        return (left.pop(0) if len(left) > 1 else left[0])(sock, call)
    return script


def failed_of(answer):
    """What x-smartroute-failed says: model and class of each."""
    return [tuple(one.split(";")[:2]) for one in answer.headers.get("x-smartroute-failed", "").split(", ") if one]


def seconds(call):
    begun = time.monotonic()
    return call(), time.monotonic() - begun


class Case(unittest.TestCase):
    def answered(self, answer, attempts, model):
        self.assertEqual(answer.status, 200, answer.body)
        got = answer.headers["x-smartroute-attempts"], answer.headers["x-smartroute-model"]
        self.assertEqual(got, (str(attempts), f"p{model}/m{model}"))

    def refused(self, answer, status, code, attempts):
        self.assertEqual((answer.status, answer.error()["code"]), (status, code), answer.body)
        self.assertEqual(answer.headers["x-smartroute-attempts"], str(attempts))
        self.assertNotIn("x-smartroute-model", answer.headers)
