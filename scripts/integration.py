"""The integration tests, a process for each file: integration.py BINARY REPORT JOBS.

Prints what failed and writes everything into REPORT. The last line: PASSED FAILED SKIPPED.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "integration"
LONGEST = 600  # seconds, of one file
LONG = ("test_health", "test_failover", "test_relay", "test_failover_matrix", "test_storm")


def run(binary, name):
    command = [sys.executable, "-W", "ignore", "-m", "unittest", "-v", name]
    try:
        done = subprocess.run(command, cwd=FOLDER, env={**os.environ, "SMARTROUTE_BIN": binary}, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST, check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        said = said if isinstance(said, str) else said.decode(errors="replace")
        return 1, f"{said}\n{name}: not ended after {LONGEST // 60} minutes\n"


def counted(code, said):
    ran = sum(map(int, re.findall(r"^Ran (\d+) test", said, re.M)))
    skipped = sum(map(int, re.findall(r"skipped=(\d+)", said)))
    bad = len(re.findall(r"^(?:FAIL|ERROR): ", said, re.M))
    if code != 0 and bad == 0:
        bad = 1
    # Errors of a whole class are not among the tests that ran.
    return max(ran - bad - skipped, 0), bad, skipped


def main(binary, report, jobs):
    names = sorted(path.stem for path in FOLDER.glob("test_*.py"))
    names.sort(key=lambda name: name not in LONG)  # the longest first, or one is left alone at the end
    totals = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool, open(report, "w", encoding="utf-8") as out:
        for code, said in pool.map(lambda name: run(binary, name), names):
            out.write(said)
            counts = counted(code, said)
            totals = [a + b for a, b in zip(totals, counts)]
            if counts[1] or code:
                print(said)
    print(*totals)
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
