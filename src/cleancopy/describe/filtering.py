"""A filter over quality signals: `words >= 50 and stop_word_share > 0.1`. What it refuses is a reject with its figures.

A small language of its own, read with Python's parser and nothing of Python's power: names of signals, numbers,
`+ - * /`, comparisons (also chained), `and`, `or`, `not`, parentheses.

A signal that a document has not (the share of stop words, in a language without a list) makes the comparisons it takes
part in unknown; `and`, `or` and `not` follow Kleene's logic, and a document is refused only when the whole is false.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
from collections.abc import Callable, Mapping

from cleancopy.describe.signals import SIGNALS
from cleancopy.errors import ConfigurationError, RecordError

REASON = "filter.signals"
MAX_CHARACTERS = 2000

_Signals = Mapping[str, float]
_Number = Callable[[_Signals], float]
"""NaN is the unknown number."""
_Truth = Callable[[_Signals], bool | None]
"""None is the unknown truth."""

_NAMES = (*(signal.name for signal in SIGNALS), "kind_confidence", "extraction_score")
_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right if right else math.nan,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ALLOWED = "signals, numbers, + - * /, < <= > >= == !=, and, or, not, and parentheses"


class Filter:
    """A compiled expression. Raises ConfigurationError that names the part that is wrong and what would be right."""

    def __init__(self, expression: str, where: str = "filter.expression") -> None:
        self.expression = expression
        self._where = where
        if len(expression) > MAX_CHARACTERS:
            raise self._error(f"is longer than {MAX_CHARACTERS} characters")
        try:
            tree = ast.parse(expression.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            raise self._error(f"cannot be read: {reason}; it is made of {_ALLOWED}") from None
        clauses = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
        self._clauses = [(ast.unparse(clause), self._truth(clause), _signals_of(clause)) for clause in clauses]

    def check(self, signals: _Signals) -> RecordError | None:
        """The refusal, with each clause that does not hold and the figures in it; None if the document passes."""
        failed = [(text, names) for text, holds, names in self._clauses if holds(signals) is False]
        if not failed:
            return None
        clauses = "; ".join(f"not {text} ({_figures(names, signals)})" for text, names in failed)
        return RecordError(REASON, f"{self._where}: {clauses}")

    def _truth(self, node: ast.expr) -> _Truth:
        if isinstance(node, ast.BoolOp):
            parts = [self._truth(value) for value in node.values]
            decisive = isinstance(node.op, ast.Or)
            return lambda signals: _kleene([part(signals) for part in parts], decisive)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self._truth(node.operand)
            return lambda signals: None if (truth := inner(signals)) is None else not truth
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        raise self._error(f"`{ast.unparse(node)}` is a number, where a comparison such as `words >= 50` is needed")

    def _comparison(self, node: ast.Compare) -> _Truth:
        operators = []
        for each in node.ops:
            if type(each) not in _COMPARISONS:
                raise self._error(f"`{ast.unparse(node)}` is no comparison of numbers; allowed are {_ALLOWED}")
            operators.append(_COMPARISONS[type(each)])
        sides = [self._number(side) for side in (node.left, *node.comparators)]

        def holds(signals: _Signals) -> bool | None:
            values = [side(signals) for side in sides]
            pairs = zip(operators, values, values[1:], strict=False)
            steps = [None if math.isnan(a) or math.isnan(b) else compare(a, b) for compare, a, b in pairs]
            return _kleene(steps, False)

        return holds

    def _number(self, node: ast.expr) -> _Number:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            constant = float(node.value)
            return lambda signals: constant
        if isinstance(node, ast.Name):
            name = node.id
            if name not in _NAMES:
                near = difflib.get_close_matches(name, _NAMES, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"signals are {', '.join(_NAMES)}"
                raise self._error(f"there is no signal `{name}`; {hint}")
            return lambda signals: signals[name]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            inner, sign = self._number(node.operand), -1.0 if isinstance(node.op, ast.USub) else 1.0
            return lambda signals: sign * inner(signals)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            apply, left, right = _ARITHMETIC[type(node.op)], self._number(node.left), self._number(node.right)
            return lambda signals: apply(left(signals), right(signals))
        raise self._error(f"`{ast.unparse(node)}` is not allowed as a number here; allowed are {_ALLOWED}")

    def _error(self, problem: str) -> ConfigurationError:
        return ConfigurationError(f"{self._where}: {problem}")


def _kleene(parts: list[bool | None], decisive: bool) -> bool | None:
    """`or` where a true part decides, `and` where a false one does."""
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _signals_of(node: ast.expr) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.id for each in ast.walk(node) if isinstance(each, ast.Name)))


def _figures(names: tuple[str, ...], signals: _Signals) -> str:
    return ", ".join(f"{name} = {signals[name]:.4g}" for name in names) or "it never does"
