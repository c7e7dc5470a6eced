"""The six toy tasks: what the user writes, the files that are there, and the judge.

Prompts and files are fixed; they are not tuned to a model. A judge sees the workspace after the run and the record of
the run, and decides by running and comparing files. What the model says counts only where the answer is the task.
"""

from dataclasses import dataclass, field
from typing import Callable


@dataclass(frozen=True)
class Task:
    name: str
    prompt: str
    files: dict[str, str]
    # Returns why the run failed, or None.
    judge: Callable[["Outcome"], str | None]
    # The test that the prompt speaks of, for --check.
    check: str | None = None


@dataclass
class Outcome:
    """What a run left behind. `python` runs a program on a copy of the files, in the sandbox."""

    before: dict[str, str]
    after: dict[str, str]
    answer: str
    commands: list[dict]
    python: Callable[[list[str]], tuple[int, str]] = field(repr=False)

    def changed(self) -> list[str]:
        names = set(self.before) | set(self.after)
        return sorted(name for name in names if self.before.get(name) != self.after.get(name))

    def only(self, *allowed: str) -> str | None:
        """A complaint about a changed file that the task has nothing to do with."""
        strays = [name for name in self.changed() if name not in allowed]
        return f"changed {', '.join(strays)}" if strays else None

    def prints(self, program: list[str], expected: str) -> str | None:
        code, output = self.python(program)
        if code != 0:
            return f"python3 {' '.join(program)[:60]} exits {code}: {output.strip()[-200:]}"
        return None if output == expected else f"printed {output[:80]!r} instead of {expected[:80]!r}"


def judge_list(run: Outcome) -> str | None:
    missing = [name for name in ("README.md", "inventory.csv", "report.py") if name not in run.answer]
    return run.only() or (f"the answer does not name {', '.join(missing)}" if missing else None)


def judge_hello(run: Outcome) -> str | None:
    ran = any("hello.py" in c.get("command", "") and c.get("exit_code") == 0 for c in run.commands)
    return run.only("hello.py") or run.prints(["hello.py"], "Hello, world!\n") or (None if ran else "never ran hello.py")


CALC_PROBE = """
import calc
print(*[calc.add(a, b) for a, b in [(2, 3), (-4, 1), (0, 0), (10, -10), (1.5, 2.25)]], calc.multiply(6, 7))
"""


def judge_calc(run: Outcome) -> str | None:
    return run.only("calc.py") or run.prints(["test_calc.py"], "ok\n") or run.prints(
        ["-c", CALC_PROBE], "5 -3 0 0 3.75 42\n")


MEAN_PROBE = """
import stats
print(*[stats.mean(v) for v in [[4], [1, 2], [2, 4, 9], [-1, 1], list(range(101))]], stats.largest([3, 9, 2]))
"""


def judge_mean(run: Outcome) -> str | None:
    return run.only("stats.py") or run.prints(["test_stats.py"], "ok\n") or run.prints(
        ["-c", MEAN_PROBE], "4.0 1.5 5.0 0.0 50.0 9\n")


PRIME_PROBE = """
from prime import is_prime
print([n for n in range(-5, 60) if is_prime(n)], is_prime(7919), is_prime(7917), is_prime(121))
"""
PRIMES = "[2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59]"


def judge_prime(run: Outcome) -> str | None:
    return run.only("prime.py") or run.prints(["test_prime.py"], "ok\n") or run.prints(
        ["-c", PRIME_PROBE], f"{PRIMES} True False False\n")


RENAME_PROBE = """
import shapes
print(shapes.compute_area(3, 4), hasattr(shapes, "calc_area"))
"""


def judge_rename(run: Outcome) -> str | None:
    left = [name for name, text in run.after.items() if "calc_area" in text]
    if left:
        return f"calc_area is still in {', '.join(sorted(left))}"
    return run.only("shapes.py", "main.py") or run.prints(["main.py"], "room: 12\nhall: 35\n") or run.prints(
        ["-c", RENAME_PROBE], "12 False\n")


TASKS = [
    Task(
        name="list-files",
        prompt="List the files in this directory and tell me their names.",
        files={
            "README.md": "# Stock\n\nCounts what is in the store.\n",
            "inventory.csv": "item,count\nnails,300\nscrews,120\n",
            "report.py": "import csv\n\nwith open('inventory.csv') as file:\n    for row in csv.DictReader(file):\n"
            "        print(row['item'], row['count'])\n",
        },
        judge=judge_list,
    ),
    Task(
        name="hello",
        prompt="Write hello.py, a program that prints exactly \"Hello, world!\", and run it.",
        files={},
        judge=judge_hello,
    ),
    Task(
        name="fix-sign",
        prompt="The test test_calc.py fails. Fix the bug in calc.py so that `python3 test_calc.py` passes.",
        files={
            "calc.py": "def add(a, b):\n    return a - b\n\n\ndef multiply(a, b):\n    return a * b\n",
            "test_calc.py": "from calc import add, multiply\n\nassert add(2, 3) == 5\nassert multiply(2, 3) == 6\n"
            "print(\"ok\")\n",
        },
        judge=judge_calc,
        check="python3 test_calc.py",
    ),
    Task(
        name="off-by-one",
        prompt="`python3 test_stats.py` fails: mean() in stats.py gives wrong results. Find the bug and fix it.",
        files={
            "stats.py": "def mean(values):\n    total = 0\n    for i in range(1, len(values)):\n"
            "        total += values[i]\n    return total / len(values)\n\n\ndef largest(values):\n"
            "    best = values[0]\n    for value in values:\n        if value > best:\n            best = value\n"
            "    return best\n",
            "test_stats.py": "from stats import largest, mean\n\nassert mean([4]) == 4\nassert mean([2, 4, 6]) == 4\n"
            "assert largest([1, 7, 3]) == 7\nprint(\"ok\")\n",
        },
        judge=judge_mean,
        check="python3 test_stats.py",
    ),
    Task(
        name="is-prime",
        prompt="Write prime.py with a function is_prime(n) so that `python3 test_prime.py` passes.",
        files={
            "test_prime.py": "from prime import is_prime\n\nassert [n for n in range(20) if is_prime(n)] == "
            "[2, 3, 5, 7, 11, 13, 17, 19]\nassert not is_prime(-7)\nassert is_prime(97)\nassert not is_prime(91)\n"
            "print(\"ok\")\n",
        },
        judge=judge_prime,
        check="python3 test_prime.py",
    ),
    Task(
        name="rename",
        prompt="Rename the function calc_area to compute_area in shapes.py and main.py. `python3 main.py` must still work.",
        files={
            "shapes.py": "def calc_area(width, height):\n    return width * height\n\n\n"
            "def calc_perimeter(width, height):\n    return 2 * (width + height)\n",
            "main.py": "from shapes import calc_area\n\nrooms = {\"room\": (3, 4), \"hall\": (5, 7)}\n"
            "for name, (width, height) in rooms.items():\n    print(f\"{name}: {calc_area(width, height)}\")\n",
        },
        judge=judge_rename,
        check="python3 main.py",
    ),
]
