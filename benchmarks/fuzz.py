"""`python -m benchmarks.fuzz`: any bytes against the protocol, for as long as wanted.

atheris (libFuzzer) changes the conformance cases and what it finds by itself, led by
which lines of `servers/` run, and tries to refute `conformance/properties.py`.

    python -m benchmarks.fuzz                 five minutes
    python -m benchmarks.fuzz --seconds 3600  an hour

What refutes a property is kept in `outputs/fuzz/` and tried again with
`python -m benchmarks.fuzz FILE`. Nothing else needs atheris, so the project does not
depend on it.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from conformance.cases.groups import CASES
from servers.command_line.options import Parser, number

FOLDER = Path(__file__).parent.parent / "outputs" / "fuzz"
LONGEST = 4_096  # bytes of an input; limits of size are for the tests
CONTROL = 5  # bytes of an input that say how it is cut, and whether it is kept
WORDS = (
    *("GET / HTTP/1.1\r\n", "HEAD / HTTP/1.0\r\n", "POST * HTTP/1.2\r\n", "\r\n\r\n"),
    *("Host: a\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"),
    *(
        "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "Expect: 100-continue\r\n",
    ),
    *("5\r\nhello\r\n", "0\r\n\r\n", ';a="b"', "http://a/", "%2e", "\r\n ", "\n\n"),
)


def corpus(folder: Path) -> None:
    """Write what the conformance cases send, as inputs to begin with, and its words."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, case in enumerate(CASES):
        sent = b"".join(piece for piece in case.sent if isinstance(piece, bytes))
        if len(sent) < LONGEST:
            (folder / f"case-{index:03d}").write_bytes(b"\1\2\3\4\1" + sent)
    words = ["".join(f"\\x{ord(letter):02x}" for letter in word) for word in WORDS]
    (FOLDER / "words").write_text("".join(f'"{word}"\n' for word in words))


def parser() -> Parser:
    words = Parser(prog="python -m benchmarks.fuzz", description="Fuzz the protocol.")
    words.add_argument("file", nargs="?", type=Path, help="an input to try again")
    words.add_argument(
        "--seconds",
        type=number(int, 1, 1_000_000),
        default=300,
        metavar="S",
        help="how long (default: 300)",
    )
    return words


def main() -> int:
    words = parser()
    args = words.parse_args()
    if args.file and not args.file.is_file():
        words.error(f"{args.file}: no such file")
    try:
        import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        how = f"{sys.executable} -m pip install atheris"
        words.error(f"needs atheris: {how}")
    with atheris.instrument_imports(include=["servers"]):
        from benchmarks.conformance.properties import check

    def attempt(given: bytes) -> None:
        control, data = given[:CONTROL], given[CONTROL:]
        at = random.Random(control)
        check(
            data,
            [at.randint(0, len(data)) for _ in range(3)],
            bool(control[4:] > b"\0"),
        )

    inputs = FOLDER / "corpus"
    corpus(inputs)
    options = [f"-max_total_time={args.seconds}", f"-max_len={LONGEST}"]
    options += [
        f"-dict={FOLDER}/words",
        f"-artifact_prefix={FOLDER}/",
        "-print_final_stats=1",
        str(inputs),
    ]
    chosen = [str(args.file)] if args.file else options
    atheris.Setup([sys.argv[0], *chosen], attempt)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
