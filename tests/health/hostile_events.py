"""What strangers send as events, written by hand: items and bodies that must be refused with a clean reason, and mutants."""

import json
import random
from typing import Any

GOOD: dict[str, Any] = {
    "message_id": "0198d5a2-7c1e-7b60-9a55-1f6b1f0d3c11",
    "account": "A-1",
    "user": "ana",
    "event": "edit",
    "quantity": 2,
    "timestamp": "2026-01-31T09:30:00+07:00",
    "properties": {"session_id": "s-81", "plan": "pro"},
}
TEXTS = ("message_id", "account", "user", "event")
WRONG_TYPES = {
    "text": [True, False, 0, 1, -1, 1.5, [], ["x"], {}, {"a": 1}],
    "timestamp": [True, 0, 1767225600, 1767225600.5, [], {}, ["2026-01-01T00:00:00Z"]],
    "quantity": [True, False, "1", "", "many", [], {}, [1]],
    "properties": [True, 0, 1.5, "x", "", [], [["a", 1]]],
}
CONTROLS = ["\x01", "\x07", "\x08", "\t", "\n", "\r", "\x0b", "\x1b", "\x1f", "\x7f", "\x80", "\x9f", "\x00"]
TIMES = [
    "", " ", "now", "yesterday", "2026", "2026-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-32T00:00:00Z",
    "2026-01-01T24:00:01Z", "2026-01-01T25:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00+25:00",
    "2026-01-01T00:00:00 UTC", "2026-01-01T00:00:00 Europe/Berlin", "1767225600", "01/02/2026", "2026/01/02T00:00:00Z",
    "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "2026-W54-1T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:00Zjunk", "P1D", "NaN",
]  # fmt: skip
NAIVE = ["2026-01-01T00:00:00", "2026-01-01", "2026-01-01 00:00:00", "2026-01-01T00:00", "20260101T000000"]
NUMBERS = ["1e999", "-1e999", "1e400", "1e309", "1" + "0" * 14, "-1" + "0" * 14, "9" * 19, "9" * 20, "9" * 400, "-" + "9" * 30, "1e14",
           "123456789012345678.5", "1e15", "1E+300", ]  # fmt: skip
UNKNOWN = ["colour", "Account", "ACCOUNT", "account ", " account", "tenant", "tenant_id", "messageId", "userId", "received_at", "id", "",
           "__proto__", "constructor", "события", "x" * 300, "a.b", "$ref"]  # fmt: skip


def _with(**fields: Any) -> bytes:
    return json.dumps(GOOD | fields, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _raw(name: str, text: str) -> bytes:
    """The good item with this field written as `text`."""
    parts = [f'"{n}": {json.dumps(v)}' for n, v in GOOD.items() if n != name] + [f'"{name}": {text}']
    return ("{" + ", ".join(parts) + "}").encode()


def _nest(depth: int) -> str:
    return "[" * depth + "1" + "]" * depth


def bad_items() -> list[tuple[str, bytes, str]]:
    """(name, item, code) of more than 300 items that must be refused."""
    found: list[tuple[str, bytes, str]] = []
    for name in TEXTS:
        found += [(f"{name} is {v!r}", _with(**{name: v}), "type") for v in WRONG_TYPES["text"]]
        found += [(f"{name} with {c!r}", _raw(name, json.dumps(f"a{c}b")), "characters") for c in CONTROLS]
        found.append((f"{name} is too long", _with(**{name: "x" * 201}), "too_long"))
        found.append((f"{name} is far too long", _with(**{name: "x" * 9_000}), "too_long"))
    for name in ("timestamp", "quantity", "properties"):
        found += [(f"{name} is {v!r}", _with(**{name: v}), "type") for v in WRONG_TYPES[name]]
    for name in ("account", "event"):
        found += [(f"{name} is {v!r}", _with(**{name: v}), "required") for v in ("", " ", "\u00a0\u2003", None)]
        without = {n: v for n, v in GOOD.items() if n != name}
        found.append((f"without {name}", json.dumps(without).encode(), "required"))
    found += [(f"time {t!r}", _with(timestamp=t), "not_a_time") for t in TIMES]
    found += [(f"naive {t!r}", _with(timestamp=t), "no_offset") for t in NAIVE]
    found += [("id without time", json.dumps({n: v for n, v in GOOD.items() if n != "timestamp"}).encode(), "required")]
    found += [("id with null time", _with(timestamp=None), "required")]
    found += [(f"number {n[:30]}", _raw("quantity", n), "out_of_range") for n in NUMBERS]
    found += [
        (f"property {n[:30]}", _raw("properties", f'{{"a": {n}}}'), "out_of_range")
        for n in ("1e999", "9" * 20, "-" + "9" * 25)
    ]
    found += [(f"unknown {n[:30]!r}", json.dumps(GOOD | {n: 1}).encode(), "unknown_field") for n in UNKNOWN]
    for name, value in GOOD.items():
        twice = json.dumps(GOOD)[:-1] + f', "{name}": {json.dumps(value)}}}'
        found.append((f"{name} twice", twice.encode(), "repeated_name"))
        escaped = json.dumps(GOOD)[:-1] + f', "\\u{ord(name[0]):04x}{name[1:]}" : {json.dumps(value)}}}'
        found.append((f"{name} twice, once escaped", escaped.encode(), "repeated_name"))
        spaced = json.dumps(GOOD)[:-1] + f', "{name}"\n:\t{json.dumps(value)} }}'
        found.append((f"{name} twice, once spaced", spaced.encode(), "repeated_name"))
    for inner in ('{"a": 1, "a": 1}', '{"a": 1, "\\u0061": 2}', '{"a": {"b": 1, "b": 2}}', '{"a": [{"b": 1, "b": 2}]}'):
        found.append((f"twice in {inner}", _raw("properties", inner), "repeated_name"))
    for text in ('"\\u0000"', '"a\\u0000b"'):
        found.append((f"NUL in a property {text}", _raw("properties", f'{{"a": {text}}}'), "characters"))
        found.append((f"NUL in a name {text}", _raw("properties", f"{{{text}: 1}}"), "characters"))
        found.append((f"NUL deep {text}", _raw("properties", f'{{"a": [[{text}]]}}'), "characters"))
    for depth in (7, 8, 20, 200):
        found.append((f"{depth} deep", _raw("properties", f'{{"a": {_nest(depth)}}}'), "too_deep"))
    found.append(("many values", _raw("properties", '{"a": [' + "1," * 2_100 + "1]}"), "too_many_values"))
    found.append(("many names", _raw("properties", json.dumps({f"n{i}": i for i in range(2_000)})), "too_many_values"))
    found.append(("long property", _raw("properties", json.dumps({"a": "x" * 8_193})), "too_long"))
    found.append(("long name", _raw("properties", json.dumps({"x" * 8_193: 1})), "too_long"))
    for session in (True, 1.5, [], {"a": 1}):
        found.append((f"session {session!r}", _with(properties={"session": session}), "type"))
    found.append(("long session", _with(properties={"session_id": "x" * 201}), "too_long"))
    found.append(("session with a tab", _with(properties={"session_id": "a\tb"}), "characters"))
    found += [
        (f"item {i!r}", json.dumps(i).encode(), "not_an_object") for i in (None, True, 0, 1.5, "", "x", [], [GOOD])
    ]
    found.append(("empty item", b"{}", "required"))
    return found


BAD_BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  ",
    "no json": b"{",
    "a word": b"events",
    "two values": b'{"events": []} {}',
    "trailing comma": b'{"events": [{},]}',
    "single quotes": b"{'events': []}",
    "a comment": b'{"events": [] /* none */}',
    "NaN": b'{"events": [{"quantity": NaN}]}',
    "Infinity": b'{"events": [{"quantity": Infinity}]}',
    "minus Infinity": b'{"events": [{"quantity": -Infinity}]}',
    "leading zero": b'{"events": [{"quantity": 01}]}',
    "plus": b'{"events": [{"quantity": +1}]}',
    "hex": b'{"events": [{"quantity": 0x1}]}',
    "half a number": b'{"events": [{"quantity": 1.}]}',
    "raw NUL": b'{"events": [{"event": "a\x00b"}]}',
    "raw line break": b'{"events": [{"event": "a\nb"}]}',
    "raw escape": b'{"events": [{"event": "a\x1bb"}]}',
    "lone surrogate": b'{"events": [{"event": "\\ud800"}]}',
    "lone low surrogate": b'{"events": [{"event": "\\udfff x"}]}',
    "half an escape": b'{"events": [{"event": "\\u12"}]}',
    "unknown escape": b'{"events": [{"event": "\\x41"}]}',
    "UTF-16": '{"events": []}'.encode("utf-16"),
    "UTF-32": '{"events": []}'.encode("utf-32"),
    "byte order mark": b'\xef\xbb\xbf{"events": []}',
    "nested lists": b'{"events": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested objects": b'{"events": [' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}",
    "only brackets": b"[" * 100_000,
    "a list": b"[]",
    "a list of events": json.dumps([GOOD]).encode(),
    "one event": json.dumps(GOOD).encode(),
    "null": b"null",
    "a number": b"1",
    "a text": b'"events"',
    "another name": b'{"batch": []}',
    "a further name": b'{"events": [], "sent_at": "x"}',
    "no list": b'{"events": {}}',
    "null list": b'{"events": null}',
    "text list": b'{"events": "[]"}',
    "events twice": b'{"events": [], "events": [1]}',
    "events twice, once escaped": b'{"events": [], "\\u0065vents": [1]}',
    "events twice, once escaped in the middle": b'{"ev\\u0065nts": [1], "events": []}',
    "not closed": b'{"events": [{"event": "a"}',
    "binary": bytes(range(256)),
    "gzip unsaid": b"\x1f\x8b\x08\x00",
}


def mutants(count: int, seed: int = 7) -> Any:
    """Bodies that were good and are broken at random: bytes flipped, cut, doubled, swapped for odd pieces."""
    chance = random.Random(seed)
    pieces = [
        b"\\ud800", b"\\u0000", b"\x00", b"\xff", b"\xc3", b"NaN", b"1e999", b"9" * 25, b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":",
        b"null", b"true", b"-", b"\xf0\x9f\x92\xa5", b'"events"', b'"account"', b'"a":1,"a":2', b"[" * 50, b"\xe2\x80\xae", b"\\u0065", b"",
    ]  # fmt: skip
    good = [
        json.dumps({"events": [GOOD]}).encode(),
        json.dumps({"events": [GOOD, {"account": "Ä", "event": "naïve \\ \"x\" \u2028", "quantity": 0.1}]}).encode(),
        json.dumps({"events": [{"account": "A-1", "event": "e", "properties": {"a": [1, {"b": None}], "session": 7}}]}, ensure_ascii=False).encode(),
        json.dumps({"events": []}).encode(),
    ]  # fmt: skip
    for _ in range(count):
        body = bytearray(chance.choice(good))
        for _step in range(chance.randint(1, 4)):
            at = chance.randrange(len(body) + 1)
            match chance.randrange(6):
                case 0 if body:
                    body[at % len(body)] = chance.randrange(256)
                case 1:
                    body[at:at] = chance.choice(pieces)
                case 2:
                    del body[at : at + chance.randint(1, 12)]
                case 3:
                    body[at:at] = body[at : at + chance.randint(1, 40)]
                case 4:
                    end = chance.randrange(len(body) + 1)
                    body[min(at, end) : max(at, end)] = chance.choice(pieces)
                case _:
                    body[at : at + 1] = chance.choice(pieces)
        yield bytes(body)


def variations(count: int, seed: int = 5) -> Any:
    """Items put together at random from good and bad values, written in one of several ways."""
    chance = random.Random(seed)
    texts = [
        "A-1",
        "ana",
        " x ",
        "Ä",
        'say "a"',
        "a\\b",
        "\u2028",
        "a\u00a0b",
        "\x85",
        "",
        "x" * 100,
        "x" * 150,
        None,
        7,
    ]
    values: dict[str, list[Any]] = dict.fromkeys(TEXTS, texts) | {
        "message_id": ["m-1", GOOD["message_id"], GOOD["message_id"].upper(), "", None, "x" * 101],
        "quantity": [1, 0, -2, 2.5, 0.1 + 0.2, 1e13, 1e14, 10**15, 1e-300, None, "1", True],
        "timestamp": [
            GOOD["timestamp"],
            "2026-01-31T02:30:00Z",
            "2026-01-31 02:30:00.123456789Z",
            "2026-01-31T02:30Z",
            "20260131T023000Z",
            "2026-01-31T02:30:00",
            None,
            "soon",
            "1969-01-01T00:00:00Z",
        ],
        "properties": [
            {},
            {"a": 1},
            {"session": "s"},
            {"session_id": "s", "session": "t"},
            {"session": 7},
            {"session": None},
            {"a": [1]},
            {"a": "x" * 9_000},
            {"ä": "ö"},
            {"a": 1.5, "b": True, "c": None},
            None,
            {"session": " s "},
            {"session_id": ""},
        ],
    }
    for _ in range(count):
        item = {
            name: chance.choice(values[name]) if chance.random() < 0.4 else GOOD[name]
            for name in GOOD
            if chance.random() < 0.9
        }
        text = json.dumps(item, ensure_ascii=chance.random() < 0.2, indent=chance.choice([None, None, 1]))
        yield text.replace(
            chance.choice(["account", "edit", "xyz"]), chance.choice(["account", "edit", "events"]), 1
        ).encode()
