"""The system benchmark: the gateway and nginx in front of the same scripted provider, interleaved, in one run.

  cmake --preset bench && ninja -C build/bench -j2 smartroute bench_upstream bench_load
  python3 tests/bench/run.py [--only cpu,stream,...] [--rounds 5] [--seconds 3] [--out docs/benchmarks.md]

Needs nginx, valgrind and strace for the parts that use them. All traffic is on the loopback, bounded in count and time.
Only ratios against nginx of the same run, instructions, system calls and bytes mean something on a shared machine.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/bench"
FAULTS = ("503", "429", "html", "empty", "garbage", "cut", "close", "reset", "silent")
FAULTY_RATE = 20  # requests a second, each of which meets all of them
KEY = "bench-gateway-key-0123"
TICKS = os.sysconf("SC_CLK_TCK")


def wait_for(read, what):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        value = read()
        if value:
            return value
        time.sleep(0.01)
    raise SystemExit(f"{what} did not come up")


def read_file(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def pinned(core, command):
    return ["taskset", "-c", str(core), *command] if shutil.which("taskset") else command


class Process:
    def __init__(self, command, core=None, **options):
        self.popen = subprocess.Popen(pinned(core, command) if core is not None else command, **options)
        self.pid = self.popen.pid

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(40)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def tree(self):
        """This process and its children."""
        pids, queue = [], [self.pid]
        while queue:
            pid = queue.pop()
            pids.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                queue += [int(child) for child in read_file(task).split()]
        return pids

    def cpu(self):
        """CPU seconds used by all of its threads, from schedstat (nanoseconds)."""
        total = 0
        for pid in self.tree():
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                total += int((read_file(task).split() or ["0"])[0])
        return total / 1e9

    def pss_kib(self):
        total = 0
        for pid in self.tree():
            match = re.search(r"^Pss:\s+(\d+)", read_file(f"/proc/{pid}/smaps_rollup"), re.M)
            total += int(match.group(1)) if match else 0
        return total

    def rss_kib(self):
        return sum(int(m.group(1)) for pid in self.tree() if (m := re.search(r"VmRSS:\s+(\d+)", read_file(f"/proc/{pid}/status"))))


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="smartroute-bench-"))
        self.rows = []
        port_file = self.folder / "upstream.port"
        self.upstream = Process([str(BUILD / "bench_upstream"), str(port_file)], core=1)
        self.upstream_port = int(wait_for(lambda: read_file(port_file), "the upstream"))
        self.started = [self.upstream]

    def close(self):
        for process in reversed(self.started):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def gateway(self, prefix=(), shards=1, core=0, **more):
        data = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (data / "config.json").write_text(json.dumps({
            "schema_version": 1, "general": {"gateway_api_key": KEY}, "models": {"t1": [{"model": "bench", "provider": "upstream"}]},
            "providers": {"upstream": {"base_url": f"http://127.0.0.1:{self.upstream_port}/v1", "api_key": "sk-bench"}},
            "router": {"mode": "auto"}, "server": {"shards": shards}, **more}))
        out = data / "out"
        with open(out, "wb") as stdout, open(data / "err", "wb") as stderr:
            process = Process([*prefix, str(self.options.gateway), "serve", "--data", str(data), "--port", "0", "--bind", "127.0.0.1"],
                              core=core, stdout=stdout, stderr=stderr)
        self.started.append(process)
        match = wait_for(lambda: re.search(r"http://127\.0\.0\.1:(\d+)", read_file(out)), "the gateway")
        process.port = int(match.group(1))
        return process

    def nginx(self, prefix=()):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        port = free_port()
        (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 20000; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; client_max_body_size 32m;
  client_body_buffer_size 256k; keepalive_requests 1000000000; tcp_nodelay on;
  upstream provider {{ server 127.0.0.1:{self.upstream_port}; keepalive 512; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 600s; }} }}
}}""")
        process = Process([*prefix, "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], core=0, stderr=subprocess.DEVNULL)
        process.port = port
        self.started.append(process)
        wait_for(lambda: listens(port), "nginx")
        return process

    def load(self, port, *arguments):
        command = pinned(1, [str(BUILD / "bench_load"), str(port), *map(str, arguments)])
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout)

    def row(self, name, gateway, nginx, unit, bar, held):
        state = "" if held is None else ("HELD" if held else "MISSED")
        self.rows.append((name, gateway, nginx, unit, bar, state))
        print(f"{name:44} {gateway:>12} {nginx:>12} {unit:14} {bar:22} {state}", flush=True)

    # --- The parts ---------------------------------------------------------------------------------------------------

    def cpu(self):
        targets = {"gateway": self.gateway(), "nginx": self.nginx()}
        for size, bar in ((1024, 1.0), (32768, 1.2)):
            used = collections.defaultdict(list)
            for _ in range(self.options.rounds):
                for name, process in targets.items():
                    before = process.cpu()
                    result = self.load(process.port, "closed", 64, self.options.seconds, size)
                    used[name].append((process.cpu() - before) * 1e6 / result["requests"])
            ours, theirs = statistics.median(used["gateway"]), statistics.median(used["nginx"])
            self.row(f"CPU a request, {size // 1024} KB body", f"{ours:.1f}", f"{theirs:.1f}", "us", f"<= {bar} x nginx", ours <= bar * theirs)
            self.row("  ratio", f"{ours / theirs:.2f}", "1.00", "x", "", None)
        for process in targets.values():
            process.stop()

    def stream(self):
        targets = {"gateway": self.gateway(), "nginx": self.nginx()}
        used = collections.defaultdict(list)
        first = collections.defaultdict(list)
        for _ in range(self.options.rounds):
            for name, process in targets.items():
                before = process.cpu()
                result = self.load(process.port, "streams", 128, self.options.seconds, 32, 5)
                used[name].append((process.cpu() - before) * 1e6 / result["chunks"])
                first[name].append(result["first_p50_us"])
        ours, theirs = statistics.median(used["gateway"]), statistics.median(used["nginx"])
        self.row("CPU an SSE chunk, 128 streams, 5 ms apart", f"{ours:.2f}", f"{theirs:.2f}", "us", "<= 1.0 x nginx", ours <= theirs)
        self.row("  ratio", f"{ours / theirs:.2f}", "1.00", "x", "", None)
        self.row("  first bytes p50", f"{statistics.median(first['gateway']):.0f}", f"{statistics.median(first['nginx']):.0f}", "us", "", None)
        for process in targets.values():
            process.stop()

    def translation(self):
        """The same provider, asked by its own clients and by Anthropic's. No nginx here: it cannot translate."""
        gateway = self.gateway()
        for what, per, load, bar in (("an SSE chunk", "chunks", ("streams", 128, self.options.seconds, 32, 5), 2.0),
                                     ("a 32 KB body", "requests", ("closed", 64, self.options.seconds, 32768), None)):
            used = collections.defaultdict(list)
            for _ in range(self.options.rounds):
                for prefix in ("", "messages-"):
                    before = gateway.cpu()
                    result = self.load(gateway.port, prefix + load[0], *load[1:])
                    used[prefix].append((gateway.cpu() - before) * 1e6 / result[per])
            alike, translated = statistics.median(used[""]), statistics.median(used["messages-"])
            self.row(f"CPU {what}, same dialect", f"{alike:.1f}", "", "us", "", None)
            self.row(f"CPU {what}, Messages to chat completions", f"{translated:.1f}", "", "us", f"<= {bar} x same" if bar else "",
                     translated <= bar * alike if bar else None)
            self.row("  ratio", f"{translated / alike:.2f}", "", "x same dialect", "", None)
        gateway.stop()

    def instructions(self):
        def per_request(start, size):
            counts = []
            for requests in (500, 2500):
                out = self.folder / f"callgrind.{time.monotonic_ns()}"
                process = start(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--quiet"])
                self.load(process.port, "count", 8, requests, size)
                process.stop()
                counts.append(int(re.search(r"^(?:summary|totals): (\d+)", read_file(out), re.M).group(1)))
            return (counts[1] - counts[0]) / 2000
        for size in (1024, 32768):
            ours, theirs = per_request(self.gateway, size), per_request(self.nginx, size)
            bar, held = ("<= 40000", ours <= 40000) if size == 1024 else ("", None)
            self.row(f"user instructions a request, {size // 1024} KB", f"{ours:.0f}", f"{theirs:.0f}", "instructions", bar, held)

    def syscalls(self):
        def per_request(start):
            counts = []
            for requests in (500, 2500):
                out = self.folder / f"strace.{time.monotonic_ns()}"
                process = start([])
                tracer = subprocess.Popen(["strace", "-c", "-f", "-o", str(out), "-p", str(process.pid)], stderr=subprocess.PIPE)
                tracer.stderr.readline()
                self.load(process.port, "count", 64, requests, 1024)
                process.stop()
                tracer.wait(30)
                counts.append(int(re.search(r"^100\.00\s+\S+\s+(?:\S+\s+)?(\d+)(?:\s+\d+)? total", read_file(out), re.M).group(1)))
            return (counts[1] - counts[0]) / 2000
        ours, theirs = per_request(self.gateway), per_request(self.nginx)
        self.row("system calls a request", f"{ours:.2f}", f"{theirs:.2f}", "calls", "<= 5", ours <= 5)

    def latency(self):
        targets = {"direct": None, "gateway": self.gateway(), "nginx": self.nginx()}
        p50 = collections.defaultdict(list)
        for _ in range(self.options.rounds):
            for name, process in targets.items():
                p50[name].append(self.load(process.port if process else self.upstream_port, "rate", 200, self.options.seconds, 1024)["p50_us"])
        direct = statistics.median(p50["direct"])
        ours, theirs = statistics.median(p50["gateway"]) - direct, statistics.median(p50["nginx"]) - direct
        self.row("added p50 at 200 requests a second", f"{ours:.0f}", f"{theirs:.0f}", "us", "<= nginx", ours <= theirs)
        for process in targets.values():
            if process:
                process.stop()

    def faults(self):
        """Requests to a healthy model, alone and beside others that meet every fault before they are answered."""
        def url(fault):
            return f"http://127.0.0.1:{self.upstream_port}/fault/{fault}/v1"
        faulty = {f"f{name}": {"base_url": url(name), "api_key": "sk-bench"} for name in FAULTS}
        process = self.gateway(
            models={"t1": [{"model": "bench", "provider": "upstream"}],
                    "t2": [*({"model": "faulty", "provider": name, "timeouts": {"generation": 100}} for name in faulty),
                           {"model": "faulty", "provider": "upstream"}]},
            providers={"upstream": {"base_url": f"http://127.0.0.1:{self.upstream_port}/v1", "api_key": "sk-bench"}, "custom": faulty},
            # Nothing rests for long, or the faults would not be met any more.
            health={name: {"first": 1, "max": 1} for name in ("cooldown", "connect_cooldown", "long_cooldown")})
        p99 = collections.defaultdict(list)
        attempts = 0
        for _ in range(self.options.rounds):
            p99["alone"].append(self.load(process.port, "rate", 200, self.options.seconds, 1024, "bench")["p99_us"])
            before = self.attempts(process)
            beside = subprocess.Popen(pinned(1, [str(BUILD / "bench_load"), str(process.port), "rate", str(FAULTY_RATE),
                                                 str(self.options.seconds + 0.5), "1024", "faulty"]), stdout=subprocess.DEVNULL)
            p99["beside"].append(self.load(process.port, "rate", 200, self.options.seconds, 1024, "bench")["p99_us"])
            if beside.wait(60) != 0:
                raise RuntimeError("a request beside was not answered")
            attempts += self.attempts(process) - before
        alone, beside = statistics.median(p99["alone"]), statistics.median(p99["beside"])
        self.row("p99 of healthy requests, no faults", f"{alone:.0f}", "", "us", "", None)
        self.row("p99 of healthy requests beside every fault", f"{beside:.0f}", "", "us", "< 2 x without", beside < 2 * alone)
        self.row("  failed attempts beside", f"{attempts / self.options.rounds / (self.options.seconds + 0.5):.0f}", "", "a second", "", None)
        process.stop()

    def attempts(self, process):
        request = urllib.request.Request(f"http://127.0.0.1:{process.port}/metrics", headers={"Authorization": f"Bearer {KEY}"})
        text = urllib.request.urlopen(request, timeout=5).read().decode()
        return sum(float(count) for outcome, count in re.findall(r'smartroute_attempts_total\{[^}]*outcome="(\w+)"\} (\S+)', text) if outcome != "success")

    def memory(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
        for streams in (1000, 5000):
            figures = []
            for start in (self.gateway, self.nginx):
                process = start()
                self.load(process.port, "count", 8, 64, 1024)  # what the first request touches is no stream's
                before = process.pss_kib()
                holder = subprocess.Popen([str(BUILD / "bench_load"), str(process.port), "hold", str(streams), "0"],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                holder.stdout.readline()
                time.sleep(2)
                figures.append((process.pss_kib() - before) / streams)
                holder.communicate("\n", timeout=60)
                process.stop()
            self.row(f"memory an open stream, {streams} streams", f"{figures[0]:.1f}", f"{figures[1]:.1f}", "KiB", "<= 8", figures[0] <= 8)

    def idle(self):
        process = self.gateway()
        time.sleep(1)
        idle = process.rss_kib() / 1024
        self.row("resident memory, idle", f"{idle:.1f}", "", "MiB", "<= 15", idle <= 15)
        self.load(process.port, "closed", 64, 1, 1024)
        before = process.rss_kib()
        self.load(process.port, "count", 64, 640, 120 * 1024)
        time.sleep(self.options.settle)
        after = process.rss_kib()
        self.row(f"resident memory {self.options.settle} s after 640 x 120 KiB on 64", f"{after / before:.2f}", "", "x before", "<= 1.3", after <= 1.3 * before)
        process.stop()
        size = pathlib.Path(self.options.gateway).stat().st_size / 1e6
        stripped = self.folder / "stripped"
        subprocess.run(["strip", "-o", str(stripped), str(self.options.gateway)], check=True)
        self.row("binary, stripped", f"{stripped.stat().st_size / 1e6:.1f}", "", "MB", f"({size:.1f} with symbols)", None)

    def start(self):
        times = []
        for _ in range(7):
            data = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            port = free_port()
            begun = time.monotonic()
            process = Process([str(self.options.gateway), "serve", "--data", str(data), "--port", str(port), "--bind", "127.0.0.1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                    break
                except OSError:
                    time.sleep(0.001)
            times.append((time.monotonic() - begun) * 1000)
            process.stop()
        median = statistics.median(times)
        self.row("cold start to the first answer", f"{median:.0f}", "", "ms", "<= 100", median <= 100)

    def balance(self):
        process = self.gateway(shards=2, core=None)
        def per_thread():
            return {read_file(task / "comm").strip(): int(read_file(task / "schedstat").split()[0])
                    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir()}
        before = per_thread()
        self.load(process.port, "closed", 8, self.options.seconds, 1024)
        after = per_thread()
        work = [after[name] - before[name] for name in after if name.startswith("shard-")]
        share = min(work) / sum(work) * 100
        self.row("8 connections on 2 shards, smaller share", f"{share:.0f}", "", "% of the work", ">= 25", share >= 25)
        process.stop()


def free_port():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def listens(port):
    import socket
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


PARTS = ("cpu", "stream", "translation", "instructions", "syscalls", "latency", "faults", "memory", "idle", "start", "balance")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", default=str(BUILD / "smartroute"))
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--settle", type=int, default=60, help="seconds between the burst and the second reading of memory")
    parser.add_argument("--out", help="Markdown file for the table")
    options = parser.parse_args()
    bench = Bench(options)
    print(f"{'':44} {'gateway':>12} {'nginx':>12}")
    try:
        for part in options.only.split(","):
            getattr(bench, part)()
    finally:
        bench.close()
    if options.out:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        cpu = re.search(r"model name\s*: (.*)", read_file("/proc/cpuinfo"))
        lines = [f"Commit {commit}, {datetime.date.today()}, {cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, "
                 f"{options.rounds} rounds of {options.seconds:g} s.", "", "| | gateway | nginx | unit | bar | |", "|---|--:|--:|---|---|---|"]
        lines += [f"| {n.strip()} | {g} | {x} | {u} | {b} | {s} |" for n, g, x, u, b, s in bench.rows]
        path = pathlib.Path(options.out)
        text = read_file(path)
        marker = "<!-- table -->"
        head = text.split(marker)[0] if marker in text else text
        path.write_text(head + marker + "\n" + "\n".join(lines) + "\n")


main()
