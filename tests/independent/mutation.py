"""Random mutants of bundles and trust snapshots: one change each, anywhere in the file."""

import copy
import json
import random
from typing import Any

Json = Any


def places(file: Json) -> list[tuple[str | int, ...]]:
    """The path of every value in a JSON value but the root."""
    found: list[tuple[str | int, ...]] = []
    waiting: list[tuple[tuple[str | int, ...], Json]] = [((), file)]
    while waiting:
        path, node = waiting.pop()
        inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for name, each in inside:
            found.append((*path, name))
            waiting.append(((*path, name), each))
    return found


def at(file: Json, path: tuple[str | int, ...]) -> Json:
    for step in path:
        file = file[step]
    return file


def mutant(chance: random.Random, file: Json, others: list[Json]) -> bytes:
    """A file that differs from `file` in one place. `others`: honest files to borrow a part from."""
    if chance.random() < 0.08:
        return _byte(chance, json.dumps(file).encode())
    changed = copy.deepcopy(file)
    path = chance.choice(places(file))
    holder, name = at(changed, path[:-1]), path[-1]
    kind = chance.randrange(8)
    if kind == 0:
        del holder[name]
    elif kind == 1:
        _move(chance, holder, name)
    elif kind == 2:
        _borrow(chance, holder, name, path, others)
    elif kind == 3:
        strange: list[Json] = [None, True, 0, 1, -1, 2**53 - 1, "", "0x", [], {}, [holder[name]]]
        holder[name] = copy.deepcopy(chance.choice(strange))
    else:
        holder[name] = _near(chance, holder[name])
    return json.dumps(changed).encode()


def _byte(chance: random.Random, raw: bytes) -> bytes:
    place = chance.randrange(len(raw))
    return raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :]


def _move(chance: random.Random, holder: Json, name: str | int) -> None:
    """Twice, away, or exchanged with a neighbour."""
    if isinstance(holder, list):
        if chance.random() < 0.5:
            holder.insert(chance.randrange(len(holder) + 1), copy.deepcopy(holder[int(name)]))
        else:
            other = chance.randrange(len(holder))
            holder[int(name)], holder[other] = holder[other], holder[int(name)]
    else:
        other_name = chance.choice(sorted(holder))
        holder[name], holder[other_name] = holder[other_name], holder[name]


def _borrow(
    chance: random.Random, holder: Json, name: str | int, path: tuple[str | int, ...], others: list[Json]
) -> None:
    try:
        holder[name] = copy.deepcopy(at(chance.choice(others), path))
    except (KeyError, IndexError, TypeError):
        holder[name] = _near(chance, holder[name])


def _near(chance: random.Random, value: Json) -> Json:
    """A value much like it."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return chance.choice([value + 1, value - 1, value ^ 1 << chance.randrange(33), -value, value * 256])
    if isinstance(value, list):
        return value[: chance.randrange(len(value))] if value else [0]
    if isinstance(value, dict):
        return {name: value[name] for name in value if chance.random() < 0.7}
    if value.startswith("0x") and len(value) > 2:
        place = chance.randrange(2, len(value))
        digit = chance.choice("0123456789abcdef")
        return chance.choice([value[:place] + digit + value[place + 1 :], value[:-2], value + "00"])
    return chance.choice([value + " ", value[1:], value.swapcase(), value + "\u0131", "x" + value])
