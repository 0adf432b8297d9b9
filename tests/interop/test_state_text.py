# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""The `checkpoint` file's text: random and spoilt texts mean the same to us and
to TensorFlow, and what both print for the same values is the same."""

import collections
import math
import random
import re
import struct

TEXTS = 4000
STATES = 1500
SEED = 7

FIELDS = ["model_checkpoint_path", "all_model_checkpoint_paths",
          "all_model_checkpoint_timestamps", "last_preserved_timestamp"]
NUMBERS = ["0", "1", "-1", "1.5", "1.5f", "1e3", "1E+3", "1e-400", "1e400",
           "1576640070.138009", "inf", "-inf", "Infinity", "nan", "+1", "-0",
           ".5", "5.", "0x10", "017", "1_0", "1e", "--1", "- 1", "1.5F", "f",
           "1ff", "inff", "9007199254740993", "4.9e-324", "true", '"1"']
CHARACTERS = ["a", "m-1", "/", ".", " ", "\\n", "\\t", "\\\\", "\\'", '\\"',
              "\\303\\251", "\\x41", "\\101", "\\7", "\\x4", "\\0", "\\xe9",
              "\\q", "\\8", "\\400", "\\x", "\\u00e9", "\\U0001f5ff", "\\N{x}",
              "é", "日本", "#", ":", ";", "\t", "\x7f", "\\a", "\\?", "\\X41"]
NOISE = [",", ";", ":", "[", "]", "{", "}", "<", ">", '"', "'", "\\", "#", "\n",
         "\r", " ", "\t", "\f", "\v", "\0", "é", "\ufeff", "\u00a0", "x",
         "model_checkpoint_path", "unknown: 1", "-", ".", "/", "# note\n",
         "\x1c", "\x85", "\u2028"]


def literal(rng):
    quote = rng.choice("\"'")
    inside = "".join(rng.choice(CHARACTERS) for _ in range(rng.randrange(5)))
    return quote + inside + quote


def value(rng, field):
    if "path" in field:
        return " ".join(literal(rng) for _ in range(rng.choice([1, 1, 1, 2])))
    return rng.choice(NUMBERS)


def random_text(rng):
    """Mostly well-formed; then sometimes spoilt."""
    parts = []
    for _ in range(rng.randrange(6)):
        field = rng.choice(FIELDS)
        if rng.random() < 0.2:
            values = [value(rng, field) for _ in range(rng.randrange(4))]
            written = "[" + rng.choice([", ", ",", " , "]).join(values) + "]"
        else:
            written = value(rng, field)
        parts.append(field + rng.choice([": ", ":", " : ", "\n:\n"]) + written)
        parts.append(rng.choice(["\n", "\n", "\r\n", " ", "; ", ", ", " # c\n"]))
    text = "".join(parts)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        at = rng.randrange(len(text) + 1)
        action = rng.random()
        if action < 0.4:
            text = text[:at] + rng.choice(NOISE) + text[at:]
        elif action < 0.7:
            text = text[:at] + text[at + rng.randrange(1, 4):]
        else:
            end = min(len(text), at + rng.randrange(1, 30))
            text = text[:at] + text[at:end] + text[at:]
    data = text.encode()
    if rng.random() < 0.05:
        at = rng.randrange(len(data) + 1)
        data = data[:at] + bytes([rng.randrange(128, 256)]) + data[at:]
    return data


def excuse(newest, text, ours, theirs):
    """Why the two may differ, or None."""
    if ("error" in ours and "valid escapes" in ours["error"]["text"] and
            re.search(rb"\\([uUN]|[4-7][0-7][0-7])", text)):
        return "we refuse \\u, \\U, \\N and octal above \\377"
    if "error" in ours and re.search("[\x1c-\x1f\x85\xa0\u2028\ufeff]",
                                     text.decode(errors="replace")):
        return "we refuse blanks beyond space, tab, line and page breaks"
    # The two TensorFlows differ; we follow 2.15.1.
    if newest and "error" in theirs and "octal" in theirs["error"]["text"]:
        return "2.21.0 refuses numbers like 017"
    if newest and "error" in ours and re.search(rb"[\d.]F", text):
        return "2.21.0 accepts 1.5F as well as 1.5f"
    return None


def test_texts_mean_the_same(ours, theirs):
    rng = random.Random(SEED)
    texts = [random_text(rng) for _ in range(TEXTS)]
    jobs = [{"do": "parse_state", "text": text.hex()} for text in texts]
    excused = collections.Counter()
    wrong = []
    accepted = 0
    for text, us, them in zip(texts, ours.ask(jobs), theirs.ask(jobs)):
        accepted += "error" not in them
        if ("error" in us) == ("error" in them) and (
                "error" in us or us == them):
            continue
        reason = excuse(theirs.name.endswith("2.21.0"), text, us, them)
        if reason is None:
            wrong.append((text, us, them))
        else:
            excused[reason] += 1
    print(f"\n{theirs.name}: {TEXTS} texts, {accepted} accepted by both; "
          f"differences: {dict(excused) or 'none'}")
    assert accepted > TEXTS // 5
    for text, us, them in wrong[:40]:
        print(text, "\n   ours:", us, "\n   theirs:", them)
    assert not wrong, len(wrong)


def random_double(rng):
    kind = rng.randrange(4)
    if kind == 0:  # any bits, but for NaNs that are more than "nan"
        bits = rng.getrandbits(64)
        number = struct.unpack(">d", bits.to_bytes(8, "big"))[0]
        return math.nan if math.isnan(number) else number
    if kind == 1:
        return 1.6e9 + rng.randrange(10**9) / 10**rng.randrange(8)
    if kind == 2:
        return rng.choice([0.0, -0.0, 1.0, 1e15, 1e16, 1e17, 1e-4, 1e-5, 5e-324,
                           math.inf, -math.inf, math.nan, 123456789012345678.0])
    return float(rng.randrange(10**rng.randrange(1, 20)))


def random_path(rng):
    letters = ["a", "ckpt-1", "/", "..", " ", "\n", "\r", "\t", "\\", "'", '"', "\0",
               "\x01", "\x1f", "\x7f", "\x80", "é", "日", "\U0001f5ff", "?", "#"]
    return "".join(rng.choice(letters) for _ in range(rng.randrange(6)))


def bits(number):
    return struct.pack(">d", number).hex()


def test_states_are_printed_the_same(ours, theirs):
    rng = random.Random(SEED)
    jobs = []
    raw_utf8 = theirs.name.endswith("2.21.0")
    for _ in range(STATES):
        paths = [random_path(rng) for _ in range(rng.randrange(4))]
        if raw_utf8:
            # Protobuf 7 leaves UTF-8 as it is; we print what 2.15.1 prints.
            paths = [path.encode("ascii", "ignore").decode() for path in paths]
        jobs.append({
            "do": "print_state",
            "latest": (paths[-1] if paths else "").encode().hex(),
            "all": [path.encode().hex() for path in paths],
            "times": [bits(random_double(rng)) for _ in paths]})
        if rng.random() < 0.5:
            jobs[-1]["preserved"] = bits(random_double(rng))
    texts = 0
    for job, us, them in zip(jobs, ours.must(jobs), theirs.must(jobs)):
        assert (bytes.fromhex(us["text"]).decode() ==
                bytes.fromhex(them["text"]).decode())
        texts += 1
    print(f"\n{theirs.name}: {texts} states printed the same" +
          (" (ASCII only)" if raw_utf8 else ""))
