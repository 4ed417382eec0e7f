"""Where a request ends: Content-Length, chunks, both, and request smuggling."""

from __future__ import annotations

from conformance.cases.case import (
    BROKEN,
    CODING,
    LAST,
    MUST,
    REFUSED,
    SHOULD,
    WITH_BODY,
    Case,
    body,
    chunks,
    request,
)

HIDDEN = "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n"  # answered with a 404, if it is
CHUNKS = "5\r\nhello\r\n0\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
LENGTH = "Content-Length: "
ONCE_OR_BAD = rf"{WITH_BODY}|{REFUSED}"
# Refused, or waited for by a server that can count so far; not taken for a 5.
TOO_LARGE = r"4\d\d closed|closed|open"


def length(name: str, level: str, accept: str, value: str) -> Case:
    return body(name, "9112 6.3", level, accept, LENGTH + value, "hello")


# fmt: off
LENGTHS = (
    body("content of a GET", "9112 6.2", MUST, WITH_BODY, LENGTH + "5", "hello"),
    body("content of no bytes", "9112 6.2", MUST, WITH_BODY, LENGTH + "0", ""),
    body("content that looks like a request", "9112 6.2", MUST, WITH_BODY,
         f"{LENGTH}{len(HIDDEN)}", HIDDEN),
    Case("content in pieces", "9112 6.2", MUST, WITH_BODY,
         (request(LENGTH + "5"), b"he", b"llo")),
    length("space around a length", MUST, WITH_BODY, "\t 5 \t"),
    length("a length with zeros before it", MUST, ONCE_OR_BAD, "0005"),
    length("+5", MUST, REFUSED, "+5"),
    length("-5", MUST, REFUSED, "-5"),
    length("-0", MUST, REFUSED, "-0"),
    length("0x5", MUST, REFUSED, "0x5"),
    length("5.0", MUST, REFUSED, "5.0"),
    length("5 5", MUST, REFUSED, "5 5"),
    length("5;a", MUST, REFUSED, "5;a"),
    length("0_5", MUST, REFUSED, "0_5"),
    length("five", MUST, REFUSED, "five"),
    length("a digit that is not ASCII", MUST, REFUSED, "\xb2"),
    length("an empty length", MUST, REFUSED, ""),
    length("5, 6", MUST, REFUSED, "5, 6"),
    length("5, 5", MUST, ONCE_OR_BAD, "5, 5"),
    length("5 and 6", MUST, REFUSED, f"5\r\n{LENGTH}6"),
    length("6 and 5", MUST, REFUSED, f"6\r\n{LENGTH}5"),
    length("5 twice", MUST, ONCE_OR_BAD, f"5\r\n{LENGTH}5"),
    length("5 and nothing", MUST, REFUSED, f"5\r\n{LENGTH}"),
    length("2 to the power of 64, and 5", MUST, TOO_LARGE,
           "18446744073709551621"),
    length("5,000 digits", MUST, TOO_LARGE, "9" * 5_000),
    body("a space before the colon of a length", "9112 5.1", MUST, REFUSED,
         "Content-Length : 5", "hello"),
    body("a length on the next line", "9112 5.2", MUST, ONCE_OR_BAD,
         "Content-Length:\r\n 5", "hello"),
)

CHUNKS_IN_ORDER = (
    chunks("chunks", "9112 7.1", MUST, WITH_BODY, CHUNKS),
    chunks("no chunk but the last", "9112 7.1", MUST, WITH_BODY, "0\r\n\r\n"),
    chunks("chunks that look like a request", "9112 7.1", MUST, WITH_BODY,
           f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
    chunks("sizes in capitals, and in two chunks", "9112 7.1", MUST, WITH_BODY,
           "A\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n"),
    chunks("sizes with zeros before them", "9112 7.1", MUST, WITH_BODY,
           "0005\r\nhello\r\n000\r\n\r\n"),
    chunks("an extension", "9112 7.1.1", MUST, WITH_BODY,
           "5;a=b;c\r\nhello\r\n0\r\n\r\n"),
    chunks("an extension in quotes", "9112 7.1.1", MUST, WITH_BODY,
           '5;a="b;\\"c"\r\nhello\r\n0;d\r\n\r\n'),
    chunks("trailers", "9112 7.1.2", MUST, WITH_BODY,
           "5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n"),
    chunks("trailers that would change the framing", "9110 6.5.1", MUST, WITH_BODY,
           f"0\r\nContent-Length: 50\r\n{CHUNKED}\r\n\r\n"),
    Case("chunks in pieces", "9112 7.1", MUST, WITH_BODY,
         (request(CHUNKED), *(byte.encode() for byte in CHUNKS))),
    body("chunked in capitals", "9112 7", MUST, WITH_BODY,
         "Transfer-Encoding: CHUNKED", CHUNKS),
    body("space around chunked", "9112 5.1", MUST, f"{WITH_BODY}|{CODING}",
         "Transfer-Encoding: \t chunked \t", CHUNKS),
    body("empty members beside chunked", "9110 5.6.1.2", MUST,
         f"{WITH_BODY}|{CODING}", "Transfer-Encoding: , chunked,", CHUNKS),
)

def broken(name: str, section: str, level: str, content: str) -> Case:
    return chunks(name, section, level, BROKEN, content)


REST = "\r\nhello\r\n0\r\n\r\n"
CHUNKS_BROKEN = (
    broken("a size of 0x5", "9112 7.1", MUST, "0x5" + REST),
    broken("a size of -5", "9112 7.1", MUST, "-5" + REST),
    broken("a size of +5", "9112 7.1", MUST, "+5" + REST),
    broken("a size of 5g", "9112 7.1", MUST, "5g" + REST),
    broken("a size of 0_5", "9112 7.1", MUST, "0_5" + REST),
    broken("no size", "9112 7.1", MUST, REST),
    broken("a space before a size", "9112 7.1", MUST, " 5" + REST),
    chunks("a size of 2 to the power of 64, and 5", "9112 7.1", MUST, TOO_LARGE,
           "10000000000000005" + REST),
    chunks("a size of 300 digits", "9112 7.1", MUST, TOO_LARGE, "5" * 300 + REST),
    broken("a chunk longer than its size", "9112 7.1", MUST, "3" + REST),
    broken("a chunk shorter than its size", "9112 7.1", MUST, "7" + REST),
    broken("a chunk without its end", "9112 7.1", MUST, "5\r\nhello0\r\n\r\n"),
    broken("a carriage return alone after a size", "9112 2.2", MUST,
           "5\rhello\r\n0\r\n\r\n"),
    broken("a carriage return alone in an extension", "9112 2.2", MUST,
           "5;a\rb" + REST),
    broken("a NUL in an extension", "9112 7.1.1", SHOULD, "5;\0" + REST),
    broken("an extension without a name", "9112 7.1.1", SHOULD, "5;" + REST),
    # A line feed alone may be a line's end: then there are two requests.
    chunks("a line feed alone after an extension", "9112 2.2", MUST,
           rf"{BROKEN}|200 404( 200)? closed", f"5;a\nhello\r\n0\r\n\r\n{HIDDEN}"),
    broken("a trailer without a colon", "9112 7.1.2", SHOULD, "0\r\nAaa\r\n\r\n"),
    broken("a trailer with a space before the colon", "9112 5.1", SHOULD,
           "0\r\nA : b\r\n\r\n"),
)


def coding(name: str, section: str, level: str, accept: str, value: str) -> Case:
    return body(name, section, level, accept, "Transfer-Encoding:" + value, CHUNKS)


SMUGGLING = (
    body("length, then chunks", "9112 6.1", MUST, LAST, LENGTH + "15", CHUNKED, CHUNKS),
    body("chunks, then length", "9112 6.1", MUST, LAST, CHUNKED, LENGTH + "15", CHUNKS),
    body("chunks that end before the length does", "9112 6.1", MUST, LAST,
         f"{LENGTH}{5 + len(HIDDEN)}", CHUNKED, "0\r\n\r\n" + HIDDEN),
    body("a length that ends before the chunks do", "9112 6.1", MUST, LAST,
         LENGTH + "4", CHUNKED, f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
    body("a length and a coding that is not understood", "9112 6.1", MUST, LAST,
         LENGTH + "5", "Transfer-Encoding: xchunked", "hello"),
    Case("chunks in HTTP/1.0", "9112 6.1", MUST, LAST,
         (request(CHUNKED, "Connection: keep-alive", line="GET / HTTP/1.0",
                  body=CHUNKS),)),
    coding("chunked is not the last", "9112 6.3", MUST, CODING, " chunked, gzip"),
    coding("chunked before identity", "9112 6.3", MUST, CODING, " chunked, identity"),
    coding("chunked twice", "9112 6.1", MUST, CODING, " chunked, chunked"),
    coding("chunked on two lines", "9112 6.1", MUST, CODING,
           f" chunked\r\n{CHUNKED}"),
    coding("identity", "9112 6.1", MUST, CODING, " identity"),
    coding("one that nobody knows, before chunked", "9112 6.1", SHOULD, CODING,
           " unknown, chunked"),
    coding("a coding that nobody knows", "9112 6.1", SHOULD, CODING, " unknown"),
    coding("almost chunked", "9112 6.1", MUST, CODING, " xchunked"),
    coding("chunked with a parameter", "9112 7.1", SHOULD, CODING, " chunked;a=b"),
    coding("chunked in quotes", "9112 7", MUST, CODING, ' "chunked"'),
    coding("no coding", "9112 6.1", MUST, CODING, ""),
    coding("a vertical tab before chunked", "9112 6.1", MUST, CODING, " \x0bchunked"),
    coding("a form feed after chunked", "9112 6.1", MUST, CODING, " chunked\x0c"),
    coding("a NUL after chunked", "9110 5.5", MUST, CODING, " chunked\0"),
    coding("chunked on the next line", "9112 5.2", MUST, f"{WITH_BODY}|{CODING}",
           "\r\n chunked"),
    body("a space before the colon of a coding", "9112 5.1", MUST, REFUSED,
         "Transfer-Encoding : chunked", CHUNKS),
    body("a coding behind a carriage return", "9112 2.2", MUST, BROKEN,
         f"A: b\r{CHUNKED}", CHUNKS),
    body("a coding behind a line feed, and a length", "9112 6.1", MUST, LAST,
         f"A: b\n{CHUNKED}", LENGTH + "15", CHUNKS),
    body("a length in another's value", "9110 5.5", MUST, BROKEN,
         f"A: b\0\r\n{LENGTH}5\r\n{LENGTH}0", "hello"),
)
# fmt: on
