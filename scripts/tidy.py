"""clang-tidy over what changed since it was last clean: tidy.py CLANG_TIDY BUILD_DIR JOBS.

A source is done again when it, a header of ours that it reaches, .clang-tidy or its compile command changed.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)
# The parser's header has an implementation for each processor, of which one is used here. Functions that unwind its
# templates are looked at less deeply by the analyzer: deep takes twice as long.
SIMDJSON = [f"--extra-arg=-DSIMDJSON_IMPLEMENTATION_{name}=0" for name in ("ICELAKE", "HASWELL", "WESTMERE")]
SHALLOW = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "mode=shallow")]
FINDING = re.compile(r"^(\S+:\d+:\d+: (?:error|warning): .*)$", re.M)


def reached(source):
    """The file and every header of ours it includes, directly or not."""
    found, todo = {}, [source]
    while todo:
        path = todo.pop()
        if path in found or not path.is_file():
            continue
        found[path] = path.read_bytes()
        for name in INCLUDE.findall(found[path]):
            todo += [ROOT / "src" / name.decode(), path.parent / name.decode()]
    return found


def arguments(source):
    reads_json = any(b"<simdjson.h>" in content for content in reached(source).values())
    return SIMDJSON + SHALLOW if reads_json else []


def stamp_of(entry):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    digest.update(entry["command"].encode())
    digest.update("".join(arguments(pathlib.Path(entry["file"]))).encode())
    for path, content in sorted(reached(pathlib.Path(entry["file"])).items()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:32]


def main(clang_tidy, build, jobs):
    build = pathlib.Path(build)
    stamps = build / "clean"
    stamps.mkdir(exist_ok=True)
    entries = json.loads((build / "compile_commands.json").read_text())
    entries = [entry for entry in entries if (ROOT / "src") in pathlib.Path(entry["file"]).parents]
    if not entries:
        print(f"{build}/compile_commands.json names no source of src/")
        return 1
    marks = {entry["file"]: stamp_of(entry) for entry in entries}
    todo = sorted(name for name, mark in marks.items() if not (stamps / mark).exists())

    def lint(name):
        run = subprocess.run([clang_tidy, "--quiet", "-p", str(build), *arguments(pathlib.Path(name)), name], capture_output=True, text=True)
        return name, run.returncode, run.stdout + ("" if run.returncode == 0 else run.stderr)

    bad, findings = 0, set()
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        for name, code, output in pool.map(lint, todo):
            if code == 0 and "warning:" not in output:
                (stamps / marks[name]).touch()
            else:
                bad += 1
                print(output.strip())
                findings.update(FINDING.findall(output))
    for old in stamps.iterdir():
        if old.name not in marks.values():
            old.unlink()
    # Headers are seen many times; once each at the end, where a log is read.
    for finding in sorted(findings):
        print(finding.removeprefix(f"{ROOT}/"))
    print(f"{len(todo)} of {len(entries)} sources looked at, {bad} with findings")
    return 1 if bad else 0


sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
