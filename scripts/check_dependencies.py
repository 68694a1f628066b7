"""Dependencies point down (ARCHITECTURE.md): holds the #include lines of src/ against the order of the modules.

Three things must hold: every arrow of src/CMakeLists.txt goes to a module that stands before its own in ORDER, and never
between modules that must not know each other; every include follows an arrow; every folder is a module of both.
"""

import pathlib
import re
import sys

# What a module may know stands before it. The life of a request runs from `net` to `relay`; a stage may read an earlier
# one's result, never call a later one.
ORDER = (
    "base config telemetry net http access chat intent health routing dialect upstream relay audit store identity admin app"
).split()
# The data path and the administration meet in `app` alone; what decides does not know what moves bytes.
STRANGERS = [
    ("admin", "relay"),
    *((stage, "net") for stage in ("access", "chat", "intent", "health", "routing", "dialect")),
    ("dialect", "upstream"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([a-z_]+)/[^">]+[">]', re.M)
UPWARDS = re.compile(r'^\s*#\s*include\s+"(\.\.?/[^"]*)"', re.M)
MODULE = re.compile(r"gw_module\((\w+)(?:\s+DEPENDS\s+([^()]*?))?(?:\s+(?:LIBS|PCH)\s[^()]*)?\)", re.S)


def arrows_of(cmake):
    """Module -> modules it names, and what is wrong with them."""
    arrows, problems = {}, []
    for name, depends in MODULE.findall(cmake):
        arrows[name] = set((depends or "").split())
        if name not in ORDER:
            problems.append(f"src/CMakeLists.txt: {name} has no place in ORDER (scripts/check_dependencies.py)")
            continue
        for target in sorted(arrows[name]):
            if target not in ORDER or ORDER.index(target) >= ORDER.index(name):
                problems.append(f"src/CMakeLists.txt: {name} depends on {target}, which does not stand below it")
            if (name, target) in STRANGERS:
                problems.append(f"src/CMakeLists.txt: {name} must not know {target}")
    return arrows, problems


def check(files, arrows):
    """files: (module, path, text). What is wrong with their includes."""
    problems = []
    for module, path, text in files:
        for target in INCLUDE.findall(text):
            if target in ORDER and target != module and target not in arrows.get(module, ()):
                problems.append(f"{path}: {module} must not include {target}")
        for name in UPWARDS.findall(text):
            problems.append(f"{path}: write {name} as module/file.hpp")
    return problems


def self_test():
    """A check that finds nothing anywhere would pass as well."""
    fine = "gw_module(base)\ngw_module(net DEPENDS base LIBS X PCH y)\ngw_module(http\n  DEPENDS base net)\n"
    arrows, problems = arrows_of(fine)
    if arrows != {"base": set(), "net": {"base"}, "http": {"base", "net"}} or problems:
        return "a good order is refused"
    for cmake in ("gw_module(base DEPENDS net)", "gw_module(chat DEPENDS net)", "gw_module(unheard)", "gw_module(net DEPENDS net)"):
        if not arrows_of(cmake)[1]:
            return f"not found: {cmake}"
    if check([("http", "a", '#include "base/x.hpp"\n#include "http/y.hpp"\n#include <sys/socket.h>\n')], arrows):
        return "good includes are refused"
    for line in ('#include "http/x.hpp"', "#  include <http/x.hpp>", '#include "../http/x.hpp"', '#include "relay/x.hpp"'):
        if not check([("net", "a", f"// head\n{line}\n")], arrows):
            return f"not found: {line}"
    return None


def main():
    failed = self_test()
    if failed:
        print(f"self-test: {failed}")
        return 1
    src = pathlib.Path(__file__).resolve().parent.parent / "src"
    arrows, problems = arrows_of((src / "CMakeLists.txt").read_text())
    files = [
        (path.relative_to(src).parts[0], path.relative_to(src.parent), path.read_text())
        for path in sorted(src.rglob("*.[ch]pp"))
    ]
    for module in sorted({module for module, _, _ in files} - set(arrows)):
        problems.append(f"src/{module} is not declared in src/CMakeLists.txt")
    problems += check(files, arrows)
    print("\n".join(problems) or f"{len(files)} files, {len(arrows)} modules: every include points down")
    return 1 if problems or not files else 0


sys.exit(main())
