"""Header lines: their syntax, Host, and how many and how long."""

from __future__ import annotations

from conformance.cases.case import (
    BAD,
    EITHER,
    LARGE,
    MUST,
    SERVED,
    SHOULD,
    Case,
    field,
    host,
    request,
)

OLD = "GET / HTTP/1.0"

# fmt: off
HOSTS = (
    host("no Host", "9112 3.2", MUST, BAD, ""),
    host("two Hosts", "9112 3.2", MUST, BAD, "Host: a\r\nHost: b"),
    host("the same Host twice", "9112 3.2", MUST, BAD, "Host: a\r\nhost: a"),
    host("a Host with a space", "9112 3.2", MUST, BAD, "Host: a b"),
    host("two in one Host", "9112 3.2", MUST, BAD, "Host: a, b"),
    host("a Host with a path", "9112 3.2", MUST, BAD, "Host: a/b"),
    host("a Host with a user", "9112 3.2", MUST, BAD, "Host: user@a"),
    host("a Host with a query", "9112 3.2", MUST, BAD, "Host: a?b"),
    host("a Host that is a URI", "9112 3.2", MUST, BAD, "Host: http://a/"),
    host("a Host whose port is no number", "9112 3.2", MUST, BAD, "Host: a:http"),
    host("a Host with two ports", "9112 3.2", MUST, BAD, "Host: a:80:80"),
    host("a Host with half a bracket", "9112 3.2", MUST, BAD, "Host: [::1"),
    host("a Host with a broken encoding", "9112 3.2", MUST, BAD, "Host: a%z"),
    host("a Host beyond ASCII", "9112 3.2", MUST, BAD, "Host: \xe9"),
    host("a Host with a NUL", "9112 3.2", MUST, BAD, "Host: a\0b"),
    host("an empty Host", "9112 3.3", MUST, EITHER, "Host:"),
    host("a Host with a port", "9110 7.2", MUST, SERVED, "Host: a:8080"),
    host("a Host with an empty port", "3986 3.2.3", MUST, SERVED, "Host: a:"),
    host("a Host that is an IPv6 address", "3986 3.2.2", MUST, SERVED,
         "Host: [::1]:8080"),
    host("a Host that is an IPv4 address", "3986 3.2.2", MUST, SERVED,
         "Host: 127.0.0.1"),
    host("a Host in upper case", "3986 3.2.2", MUST, SERVED, "HOST: A.EXAMPLE"),
    host("space around a Host", "9112 5.1", MUST, SERVED, "Host: \t a \t "),
    Case("HTTP/1.0 without Host", "9112 3.2", MUST, SERVED,
         (request(line=OLD, host=""),)),
    Case("HTTP/1.0 with two Hosts", "9112 3.2", MUST, BAD,
         (request("Host: b", line=OLD),)),
)

SYNTAX = (
    field("a space before the colon", "9112 5.1", MUST, BAD, "A : b"),
    field("a tab before the colon", "9112 5.1", MUST, BAD, "A\t: b"),
    host("a space before the colon of Host", "9112 5.1", MUST, BAD, "Host : a"),
    field("no name", "9112 5", SHOULD, BAD, ": b"),
    field("no colon", "9112 5", SHOULD, BAD, "Aaa"),
    field("a space within the name", "9110 5.1", SHOULD, BAD, "A a: b"),
    field("a name that is no token", "9110 5.1", SHOULD, BAD, "A[b]: c"),
    field("a name beyond ASCII", "9110 5.1", SHOULD, BAD, "\xe9: b"),
    field("a NUL in the name", "9110 5.1", SHOULD, BAD, "A\0: b"),
    field("a NUL in the value", "9110 5.5", MUST, EITHER, "A: b\0c"),
    field("a carriage return alone in the value", "9112 2.2", MUST, EITHER,
          "A: b\rc"),
    field("a carriage return alone begins no field", "9112 2.2", MUST, EITHER,
          "A: b\rContent-Length: 50"),
    field("a line feed alone after a value", "9112 2.2", MUST, EITHER, "A: b\nC: d"),
    field("a value on two lines", "9112 5.2", MUST, EITHER, "A: b\r\n c"),
    field("a value on two lines, the first empty", "9112 5.2", MUST, EITHER,
          "A:\r\n\tc"),
    host("space before the first field", "9112 2.2", MUST, EITHER,
         " A: b\r\nHost: a"),
    host("space before the first field, which is Host", "9112 2.2", MUST, BAD,
         " Host: a"),
    field("an empty value", "9110 5.5", MUST, SERVED, "A:"),
    field("no space before the value", "9112 5.1", MUST, SERVED, "A:b"),
    field("much space around the value", "9112 5.1", MUST, SERVED, "A: \t  b \t  "),
    field("bytes beyond ASCII in a value", "9110 5.5", SHOULD, SERVED, "A: \xe9\xff"),
    field("all that a name may have", "9110 5.6.2", MUST, SERVED,
          "!#$%&'*+-.^_`|~09azAZ: b"),
    field("a name that is almost Content-Length", "9110 8.6", MUST, EITHER,
          "Content_Length: 50"),
    field("a field that nobody knows", "9110 5.1", MUST, SERVED, "Unknown: a"),
    field("the same field many times", "9110 5.3", MUST, SERVED, *["A: b"] * 20),
)

SIZES = (
    field("a value of 100,000 bytes", "9110 5.4", MUST, LARGE, "A: " + "b" * 100_000),
    field("a name of 100,000 bytes", "9110 5.4", MUST, LARGE, "A" * 100_000 + ": b"),
    field("5,000 fields", "9110 5.4", MUST, LARGE, *["A: b"] * 5_000),
    field("1,000,000 bytes of fields", "9110 5.4", MUST, LARGE,
          *["A: " + "b" * 1_000] * 1_000),
)
# fmt: on
