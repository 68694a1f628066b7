"""Dependencies point down (ARCHITECTURE.md): checks the #include lines of src/ against the order of the modules.

A module may include itself and what stands before it in ORDER, within the arrows of src/CMakeLists.txt.
"""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z_]+)/[^"]+"', re.M)
MODULE = re.compile(r"gw_module\((\w+)(?:\s+DEPENDS\s+([^()]*?))?(?:\s+(?:LIBS|PCH)\s[^()]*)?\)", re.S)


def allowed_arrows(cmake):
    """Module -> modules it names; fails when an arrow points up (to a module declared later)."""
    arrows, problems = {}, []
    for name, depends in MODULE.findall(cmake):
        arrows[name] = set((depends or "").split())
        for target in arrows[name] - set(arrows):
            problems.append(f"src/CMakeLists.txt: {name} depends on {target}, which stands below it")
    return arrows, problems


def check(files, arrows):
    """files: (module, path, text). Returns what is wrong."""
    problems = []
    for module, path, text in files:
        for target in INCLUDE.findall(text):
            if target in arrows and target != module and target not in arrows[module]:
                problems.append(f"{path}: {module} must not include {target}")
    return problems


def self_test():
    arrows, problems = allowed_arrows("gw_module(base)\ngw_module(net DEPENDS base LIBS X)\n")
    assert arrows == {"base": set(), "net": {"base"}} and not problems
    assert check([("net", "a", '#include "base/x.hpp"\n')], arrows) == []
    assert check([("base", "a", '#include "net/x.hpp"\n')], arrows), "an arrow that points up must be found"
    assert allowed_arrows("gw_module(base DEPENDS net)\ngw_module(net)\n")[1], "a cycle must be found"


def main():
    self_test()
    src = pathlib.Path(__file__).resolve().parent.parent / "src"
    arrows, problems = allowed_arrows((src / "CMakeLists.txt").read_text())
    files = [
        (path.relative_to(src).parts[0], path.relative_to(src.parent), path.read_text())
        for path in sorted(src.rglob("*.[ch]pp"))
    ]
    for module in {module for module, _, _ in files} - set(arrows):
        problems.append(f"src/{module} is not declared in src/CMakeLists.txt")
    problems += check([f for f in files if f[0] in arrows], arrows)
    print("\n".join(problems) or f"{len(files)} files, {len(arrows)} modules: every include points down")
    return 1 if problems else 0


sys.exit(main())
