"""The network as it is trained: the arithmetic of `cleancopy.linemodel.network` in torch, rounding included.

Weights are whole numbers of eight bits with a scale per output, activations whole numbers of ten bits: every sum of a
layer is a whole number below 2**24, which float32 holds exactly. Inference therefore gives the same bits on every
machine and in every batch. Training rounds in the forward pass and ignores it in the backward pass (straight-through
estimator).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cleancopy.linemodel.features import FEATURES, HTML_FEATURES
from cleancopy.linemodel.network import (
    ACTIVATION_LEVELS,
    ACTIVATION_STEP,
    DILATIONS,
    GAP,
    INPUT_LEVELS,
    INPUT_STEP,
    REACH,
    WEIGHT_LEVELS,
    WIDTH,
)

MOST_WEIGHT = 2**24 / (ACTIVATION_LEVELS + 1) - 300
"""Sum of an output's whole-number weights that keeps its sums below 2**24, with room for rounding up."""


class _Rounded(torch.autograd.Function):
    """Whole steps between two bounds; the slope is one between them, as if nothing was rounded, and zero outside."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, step: float, low: float, high: float) -> Tensor:
        clipped = values.clamp(low, high)
        ctx.save_for_backward(clipped == values)
        return clipped.mul_(1 / step).round_().mul_(step)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None, None]:
        (inside,) = ctx.saved_tensors
        return slope * inside, None, None, None


class _Convolved(torch.autograd.Function):
    """A convolution over rows as one product for each row under it: on one thread twice as fast as `conv1d`.

    values: float32[r, c], with the rows beyond both ends; weight: float32[WIDTH, c, c]; out: float32[r - reach, c].
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> Tensor:
        size = len(values) - (WIDTH - 1) * dilation
        ctx.save_for_backward(values, weight)
        ctx.dilation = dilation
        out = bias.repeat(size, 1)
        for tap in range(WIDTH):
            out.addmm_(values[tap * dilation : tap * dilation + size], weight[tap])
        return out

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        values, weight = ctx.saved_tensors
        size = len(slope)
        below, of_weight = torch.zeros_like(values), torch.empty_like(weight)
        for tap in range(WIDTH):
            under = slice(tap * ctx.dilation, tap * ctx.dilation + size)
            below[under].addmm_(slope, weight[tap].T)
            torch.mm(values[under].T, slope, out=of_weight[tap])
        return below, of_weight, slope.sum(0), None


class Dropout(nn.Module):
    """Zeroes a share of the values while training. Bytes of numpy are ten times as fast as torch's own draws."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self._least = round(256 * share)
        self._rng = np.random.Generator(np.random.SFC64(seed))

    def forward(self, values: Tensor) -> Tensor:
        if not self.training or not self._least:
            return values
        drawn = np.frombuffer(self._rng.bytes(values.numel()), np.uint8).reshape(tuple(values.shape))
        stays = torch.from_numpy((drawn >= self._least).astype(np.float32))
        return values * stays.mul_(256 / (256 - self._least))


def rounded(values: Tensor, step: float, low: float, high: float) -> Tensor:
    out: Tensor = _Rounded.apply(values, step, low, high)
    return out


def activated(values: Tensor) -> Tensor:
    return rounded(values, ACTIVATION_STEP, 0.0, ACTIVATION_LEVELS * ACTIVATION_STEP)


def step_of(weight: Tensor) -> Tensor:
    """What one step of each output's whole-number weights stands for: small enough for eight bits, large enough for
    exact sums.
    """
    size = weight.detach().flatten(1).abs()
    step = torch.maximum(size.amax(1).clamp(min=1e-6) / WEIGHT_LEVELS, size.sum(1) / MOST_WEIGHT)
    return step.view(-1, *[1] * (weight.dim() - 1))


def quantised(weight: Tensor) -> Tensor:
    scale = step_of(weight)
    return weight + (torch.round(weight / scale) * scale - weight).detach()


@dataclass
class Batch:
    """Documents one after the other, `GAP` empty rows around each. Shapes: r rows, n lines, D documents.

    rows: int64[n] the row of each line. bounds: int64[D + 1] lines of the documents. document: int64[n].
    """

    inputs: Tensor
    rows: Tensor
    size: int
    bounds: Tensor
    document: Tensor

    @classmethod
    def of(cls, parts: list[NDArray[np.float32]]) -> Batch:
        sizes = np.array([len(part) for part in parts])
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        document = np.repeat(np.arange(len(parts)), sizes)
        rows = np.arange(bounds[-1]) + GAP * (document + 1)
        return cls(
            torch.from_numpy(np.concatenate(parts)),
            torch.from_numpy(rows),
            int(bounds[-1] + GAP * (len(parts) + 1)),
            torch.from_numpy(bounds),
            torch.from_numpy(document),
        )


class Network(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, channels: int, context: int, hidden: int, dropout: float, seed: int = 0
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, channels)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(channels, channels, WIDTH, dilation=d, padding=WIDTH // 2 * d) for d in DILATIONS
        )
        self.pool = nn.Linear(channels, context)
        self.spread = nn.Linear(5 * context, channels)
        self.hidden = nn.Linear(2 * channels, hidden)
        self.leave = nn.Linear(hidden, outputs)
        self.dropout = Dropout(dropout, seed)

    def _linear(self, layer: nn.Linear, values: Tensor) -> Tensor:
        return functional.linear(values, quantised(layer.weight), layer.bias)

    def _convolve(self, layer: nn.Conv1d, values: Tensor, batch: Batch) -> Tensor:
        edge = layer.padding[0]
        spaced = values.new_zeros(batch.size + 2 * edge, values.shape[1]).index_copy(0, batch.rows + edge, values)
        weight = quantised(layer.weight).permute(2, 1, 0).contiguous()
        out: Tensor = _Convolved.apply(spaced, weight, layer.bias, layer.dilation[0])
        return out[batch.rows]

    def _context(self, values: Tensor, batch: Batch) -> Tensor:
        """Means over what is above, below and around, and maxima over what is above and below."""
        start, stop = batch.bounds[:-1][batch.document], batch.bounds[1:][batch.document]
        index = torch.arange(len(values))
        total = torch.cat([values.new_zeros(1, values.shape[1]), values.double().cumsum(0).to(values.dtype)])

        def mean(low: Tensor, high: Tensor) -> Tensor:
            return activated((total[high] - total[low]) / (high - low).clamp(min=1)[:, None])

        around = mean(torch.maximum(index - REACH, start), torch.minimum(index + REACH + 1, stop))
        # Each document lifted above the one before it: the running maximum starts anew in every one.
        lift = (batch.document * (ACTIVATION_LEVELS + 1) * ACTIVATION_STEP).to(values.dtype)[:, None]
        drop = lift.max() - lift
        above = (values + lift).cummax(0).values - lift
        below = (values + drop).flip(0).cummax(0).values.flip(0) - drop
        return torch.cat([mean(start, index + 1), mean(index, stop), around, above, below], 1)

    def forward(self, batch: Batch) -> Tensor:
        level = INPUT_LEVELS * INPUT_STEP
        values = rounded(batch.inputs, INPUT_STEP, -level, level)
        first = activated(self._linear(self.enter, values))
        state = first
        for index, layer in enumerate(self.convolutions):
            state = activated(state + self.dropout(activated(self._convolve(layer, state, batch))))
            if index == 0:
                pooled = activated(self._linear(self.pool, state))
                state = activated(state + activated(self._linear(self.spread, self._context(pooled, batch))))
        hidden = activated(self._linear(self.hidden, self.dropout(torch.cat([state, first], 1))))
        return self._linear(self.leave, hidden)


def _layers(network: Network) -> dict[str, Any]:
    return {
        "enter": network.enter,
        **{f"convolution{index}": layer for index, layer in enumerate(network.convolutions)},
        "pool": network.pool,
        "spread": network.spread,
        "hidden": network.hidden,
        "leave": network.leave,
    }


def exported(network: Network, mean: NDArray[np.float32], scale: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """The arrays of a weights file: whole-number weights as [inputs, outputs], scale and bias per output."""
    names = (FEATURES + HTML_FEATURES)[: len(mean)]
    arrays: dict[str, NDArray[np.generic]] = {"inputs": np.array(names), "mean": mean, "scale": scale}
    for name, layer in _layers(network).items():
        weight = layer.weight.detach()
        step = step_of(weight)
        whole = torch.round(weight / step)
        # A convolution's inputs are the rows under it, top to bottom, each with all its channels.
        flat = whole.permute(2, 1, 0).reshape(-1, whole.shape[0]) if whole.dim() == 3 else whole.T
        unit_in = INPUT_STEP if name == "enter" else ACTIVATION_STEP
        unit_out = 1.0 if name == "leave" else ACTIVATION_STEP
        arrays[f"{name}.weight"] = flat.contiguous().numpy().astype(np.int8)
        arrays[f"{name}.scale"] = (step.flatten() * (unit_in / unit_out)).numpy().astype(np.float32)
        arrays[f"{name}.bias"] = (layer.bias.detach() / unit_out).numpy().astype(np.float32)
    return arrays


def restore(network: Network, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Puts the weights of a file into a network, to be fitted on: the reverse of `exported`."""
    with torch.no_grad():
        for name, layer in _layers(network).items():
            unit_in = INPUT_STEP if name == "enter" else ACTIVATION_STEP
            unit_out = 1.0 if name == "leave" else ACTIVATION_STEP
            step = torch.from_numpy(np.asarray(arrays[f"{name}.scale"], np.float32)) * (unit_out / unit_in)
            flat = torch.from_numpy(np.asarray(arrays[f"{name}.weight"], np.float32)) * step
            shape = layer.weight.shape
            whole = flat.reshape(shape[2], shape[1], shape[0]).permute(2, 1, 0) if len(shape) == 3 else flat.T
            layer.weight.copy_(whole)
            layer.bias.copy_(torch.from_numpy(np.asarray(arrays[f"{name}.bias"], np.float32)) * unit_out)
