"""docs/health.svg from the simulation: build/dev/tests/unit_health --gtest_filter=Simulation.series | python3 scripts/plot_health.py

Reads lines `series,<second>,<score>,<rests 0 or 1>,<share of the requests>` on standard input, writes SVG.
"""

import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 48, 16, 34, 36


def main():
    rows = [line.strip().split(",")[1:] for line in sys.stdin if line.startswith("series,")]
    points = [(float(t), float(score), rests == "1", float(share)) for t, score, rests, share in rows]
    if len(points) < 2:
        sys.exit("no series on standard input")
    end = points[-1][0]

    def x(t):
        return LEFT + (WIDTH - LEFT - RIGHT) * t / end

    def y(percent):
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - percent / 100)

    def line(values, color, extra=""):
        path = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in values)
        return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.8"{extra}/>'

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        "<title>Score and share of the requests of a model that dies and recovers</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    step = points[1][0] - points[0][0]
    for t, _, rests, _ in points:
        if rests:
            out.append(
                f'<rect x="{x(t):.1f}" y="{TOP}" width="{x(t + step) - x(t):.1f}" height="{HEIGHT - TOP - BOTTOM}" fill="#e5e7eb"/>'
            )
    for percent in range(0, 101, 25):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(percent):.1f}" y2="{y(percent):.1f}" stroke="#d1d5db"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(percent) + 4:.1f}" text-anchor="end" fill="#374151">{percent}</text>')
    for minute in range(0, int(end // 60) + 1, 5):
        out.append(f'<text x="{x(minute * 60):.1f}" y="{HEIGHT - 14}" text-anchor="middle" fill="#374151">{minute} min</text>')
    out.append(line([(t, share * 100) for t, _, _, share in points], "#1d4ed8"))
    out.append(line([(t, score) for t, score, _, _ in points], "#b45309", ' stroke-dasharray="5 3"'))
    for at, color, dashes, text in (
        (LEFT, "#b45309", ' stroke-dasharray="5 3"', "score"),
        (LEFT + 90, "#1d4ed8", "", "share of the requests, %"),
    ):
        out.append(f'<line x1="{at}" x2="{at + 24}" y1="18" y2="18" stroke="{color}" stroke-width="1.8"{dashes}/>')
        out.append(f'<text x="{at + 30}" y="22" fill="#111827">{text}</text>')
    out.append(f'<rect x="{LEFT + 280}" y="12" width="24" height="12" fill="#e5e7eb"/>')
    out.append(f'<text x="{LEFT + 310}" y="22" fill="#111827">rests</text>')
    out.append("</svg>")
    print("\n".join(out))


main()
