"""From YAML or TOML to dataclasses: every value converted by its field's annotation, or one line that says why not."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from morphaug.errors import MorphaugError, UnknownName

T = TypeVar("T")


class BadValue(Exception):
    """A value that its field cannot take ("lr is -1; it must be above 0"); ``build`` adds the place.

    Raised by the ``__post_init__`` of a configuration's dataclasses.
    """


def read_file(path: Path) -> dict[str, Any]:
    """The keys and values of a .yaml, .yml or .toml file.

    Raises:
        MorphaugError: One line naming the file, and the line where that is known.
    """
    if not path.is_file():
        raise MorphaugError(f"{path}: no such file", "give a .yaml or .toml file")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise MorphaugError(f"{path}: not a text file in UTF-8") from None
    if path.suffix == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise MorphaugError(f"{path}: {error}") from None
    if path.suffix not in (".yaml", ".yml"):
        raise MorphaugError(f"{path}: neither YAML nor TOML", "name it .yaml or .toml")
    data = parse_yaml(text, str(path))
    if not isinstance(data, dict):
        raise MorphaugError(f"{path}: must hold keys and values (name: ..., model: ...)")
    return data


def parse_yaml(text: str, where: str) -> Any:
    """A YAML document; a key given twice is a mistake.

    Raises:
        MorphaugError: One line that begins with ``where``.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML as it is, but a key given twice is a mistake."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            names = [self.construct_object(key, deep=True) for key, _ in node.value]
            for name in names:
                if isinstance(name, str) and names.count(name) > 1:
                    raise yaml.MarkedYAMLError(problem=f"{name} is given twice", problem_mark=node.start_mark)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise MorphaugError(f"{where}{line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise MorphaugError(f"{where}: {' '.join(str(error).split())}") from None


def build(cls: type[T], raw: Any, where: str) -> T:
    """A dataclass from a mapping, its fields converted by their annotations.

    Args:
        cls: A dataclass; its ``EXAMPLE`` says in an error how it is written, its ``SHORT`` names the field that a
            bare text stands for, its ``ELSEWHERE`` maps other programs' names of fields to ours.
        raw: What YAML gave.
        where: The place so far: "run.yaml", "run.yaml: target.tasks[0]".

    Raises:
        MorphaugError: One line that names the place.
    """
    short = getattr(cls, "SHORT", None)
    if isinstance(raw, str) and short:
        raw = {short: raw}
    if not isinstance(raw, Mapping):
        raise MorphaugError(f"{where}: {raw!r} must be keys and values", getattr(cls, "EXAMPLE", ""))
    assert dataclasses.is_dataclass(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    for key in raw:
        if key not in fields:
            raise _unknown_key(cls, str(key), where)
    hints = get_type_hints(cls)
    for name, item in fields.items():
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if name not in raw and required:
            raise MorphaugError(f"{where}: {name} is missing", getattr(cls, "EXAMPLE", ""))
    values = {key: _value(hints[key], value, _join(where, key)) for key, value in raw.items()}
    try:
        return cls(**values)
    except BadValue as problem:
        raise MorphaugError(_join(where, str(problem))) from None


def _unknown_key(cls: type[Any], key: str, where: str) -> MorphaugError:
    """The error for a key that is no field, with the nearest ones; what other programs call it counts as near."""
    elsewhere: Mapping[str, str] = getattr(cls, "ELSEWHERE", {})
    near = difflib.get_close_matches(key, elsewhere, n=1, cutoff=0.8)
    error = UnknownName("key", key, (field.name for field in dataclasses.fields(cls)))
    return MorphaugError(
        f"{where}: {error.message}", f"did you mean {elsewhere[near[0]]}?" if near else error.hint
    )


def _join(where: str, key: str) -> str:
    """ "run.yaml" and "lr" -> "run.yaml: lr"; "run.yaml: target" and "lr" -> "run.yaml: target.lr"."""
    return f"{where}.{key}" if ": " in where else f"{where}: {key}"


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        (inner,) = [a for a in args if a is not type(None)]
        return _value(inner, value, where)
    if origin is tuple:
        return _items(args[0], value, where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise MorphaugError(f"{where}: {value!r} must be names and values")
        return {str(name): _value(args[1], item, _join(where, str(name))) for name, item in value.items()}
    if origin is Literal:
        if isinstance(value, bool) and {"yes", "no"} <= set(args):
            value = "yes" if value else "no"  # YAML reads yes and no as booleans
        if value not in args:
            error = UnknownName("value", str(value), [str(a) for a in args])
            raise MorphaugError(f"{where}: {error.message}", error.hint)
        return value
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value, where)
    return _scalar(hint, value, where)


def _items(hint: Any, value: Any, where: str) -> tuple[Any, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    elif isinstance(value, Mapping) or not isinstance(value, Iterable):
        value = [value]
    return tuple(_value(hint, item, f"{where}[{at}]") for at, item in enumerate(value))


def _scalar(hint: Any, value: Any, where: str) -> Any:
    """A str, bool, int or float; YAML 1.1 reads 1e-5 as text, which is put right here."""
    if hint is str and isinstance(value, str):
        return value
    if hint is bool and isinstance(value, bool):
        return value
    if hint in (int, float) and not isinstance(value, bool):
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if hint is int and number == number and number.is_integer():
            return int(number)
        if hint is float and abs(number) < float("inf"):
            return number
    kind = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}[hint]
    remedy = "put it in quotes: YAML reads no, yes, on and off as true or false"
    quotes = hint is str and isinstance(value, bool)
    raise MorphaugError(f"{where}: {value!r} is not {kind}", remedy if quotes else "")
