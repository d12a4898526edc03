"""The Jacobians of the blocks of a PyTorch model at one input, as PyTorch computes them in float64.

They carry PyTorch's roundings: what is certified is about the numbers that are stored, and the chain says so.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.chain import Chain
from certify.errors import ChainError, UsageError

__all__ = ["from_torch"]


def from_torch(model: Any, x: Any, *, blocks: Sequence[str] | None = None, token: int | str | None = None) -> Chain:
    """The Jacobians A_l = I + B_l of the blocks of ``model`` at ``x``, lowest first, as layers ``J1, J2, …``.

    The model is copied, in float64 and evaluation mode, and run once without gradients to record the state that each
    block is given; a block is then differentiated with respect to that state alone. Needs the extra ``torch``.

    Parameters
    ----------
    model : a ``torch.nn.Module``.
    x : its input, a tensor, or a mapping of keyword arguments; floating-point tensors become float64.
    blocks : names of submodules, in the order in which they run, whose first argument and first result are the state;
        the longest list of equal modules in the model when omitted.
    token : of states of shape (1, tokens, d): a position, for ∂out_t/∂in_t; or ``"mean"`` (pooled), for the mean over
        positions of the output against a shift that all positions share. None for states of d numbers.

    Raises
    ------
    ChainError : no such blocks, a block that does not run, or a state of another shape.
    UsageError : a ``token`` that does not fit the state.
    """
    import torch  # pyright: ignore[reportMissingImports]

    network = copy.deepcopy(model).double().eval()
    names = list(blocks) if blocks is not None else _longest(network, torch)
    known = dict(network.named_modules())
    missing = [name for name in names if name not in known]
    if missing or not names:
        raise ChainError(f"the model has no block {missing[0]!a}" if missing else "no blocks are named or found",
                         hint="give the names of submodules, such as ['blocks.0', 'blocks.1']")  # fmt: skip
    given = _recorded(network, [known[name] for name in names], x, torch)
    maps = [
        _jacobian(known[name], *call, token, name, torch) if call is not None else _unrun(name)
        for name, call in zip(names, given, strict=True)
    ]
    chain = Chain.from_arrays(maps, [f"J{l + 1}" for l in range(len(maps))])
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().numpy().tobytes())
    where = "the state" if token is None else "the mean over positions" if token == "mean" else f"position {token}"
    note = (
        f"Jacobians of {type(model).__name__} at one input, of {where}, computed by PyTorch {torch.__version__} in "
        f"float64 with its roundings; blocks {names[0]} to {names[-1]}; parameters in float64 {digest.hexdigest()}"
    )
    return Chain(chain.layers, chain.edges, chain.left_out, chain.source, (*chain.notes, note))


def _longest(network: Any, torch: Any) -> list[str]:
    """The names of the members of the longest list of two or more modules of one class."""
    best: list[str] = []
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.ModuleList | torch.nn.Sequential):
            members = list(module.named_children())
            if len(members) > max(1, len(best)) and len({type(member) for _, member in members}) == 1:
                best = [f"{name}.{key}" if name else key for key, _ in members]
    return best


def _recorded(network: Any, modules: Sequence[Any], x: Any, torch: Any) -> list[tuple[Any, Any] | None]:
    """The arguments that each module is given, the first time it runs."""
    found: list[tuple[Any, Any] | None] = [None] * len(modules)

    def keeper(place: int) -> Any:
        def keep(_module: Any, positional: Any, named: Any) -> None:
            if found[place] is None:
                found[place] = positional, named

        return keep

    hooks = [module.register_forward_pre_hook(keeper(place), with_kwargs=True) for place, module in enumerate(modules)]
    try:
        with torch.no_grad():
            if isinstance(x, Mapping):
                network(**{key: _double(value, torch) for key, value in x.items()})
            else:
                network(_double(x, torch))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _double(value: Any, torch: Any) -> Any:
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def _unrun(name: str) -> Any:
    raise ChainError(f"the block {name!a} does not run at this input", hint="name the blocks that do")


def _jacobian(module: Any, positional: Any, named: Any, token: int | str | None, name: str, torch: Any) -> Any:
    if not positional or not isinstance(positional[0], torch.Tensor):
        raise ChainError(f"the first argument of the block {name!a} is no tensor")
    state, rest = positional[0].detach(), positional[1:]
    shape: tuple[int, ...] = tuple(state.shape)
    tokens = shape[1] if len(shape) == 3 else 0
    whole = int(np.prod(shape[:-1])) == 1
    if not 1 <= len(shape) <= 3 or (len(shape) == 3 and shape[0] != 1) or (not tokens and not whole):
        raise ChainError(f"the block {name!a} is given a state of shape {shape}", hint="one input at a time")
    if (token is None and not whole) or (isinstance(token, int) and not 0 <= token < max(tokens, 1)) or token not in (
        None, "mean", *range(max(tokens, 1))
    ):  # fmt: skip
        raise UsageError(f"token {token!a} for a state of shape {shape}", hint='a position, or "mean"')

    def moved(shift: Any) -> Any:
        if isinstance(token, int) and tokens:
            mask = torch.zeros(tokens, 1, dtype=state.dtype)
            mask[token] = 1.0
            out = module(state + mask * shift, *rest, **named)
        else:
            out = module(state + shift, *rest, **named)
        out = out[0] if isinstance(out, tuple | list) else out
        if tuple(out.shape) != shape:
            raise ChainError(f"the block {name!a} turns a state of shape {shape} into {tuple(out.shape)}",
                             hint="name blocks that keep the shape of their state")  # fmt: skip
        if tokens:
            return out[0].mean(dim=0) if token == "mean" else out[0, token or 0]
        return out.reshape(-1)

    zero = torch.zeros(shape[-1], dtype=state.dtype)
    return torch.autograd.functional.jacobian(moved, zero).detach().numpy().copy()
