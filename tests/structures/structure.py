"""What the check has to know of a network: how to make it, what it reads, and what its declaration says."""

import random
from dataclasses import dataclass, field
from typing import Callable

import torch
from torch import nn

SEQUENCES = 64


@dataclass
class Structure:
    """`make` builds the module; `inputs` encodes sequences as its input tensors, as the declaration tells gia to.

    `tables` are the `[[input]]` tables of the declaration, `files` the files beside it that they name. Every `step`-th position
    is edited. A network with a `static` batch is exported for one sequence at a time. PyTorch saves a network with `torch.vmap` as
    `.pt2` only once it is decomposed, `decomposed`.
    """

    make: Callable[[], nn.Module]
    length: int
    inputs: Callable[[list[str]], tuple[torch.Tensor, ...]] = None
    tables: str = ""
    files: dict[str, str] = field(default_factory=dict)
    step: int = 1
    static: bool = False
    decomposed: bool = False
    keras: bool = False

    def __post_init__(self):
        self.inputs = self.inputs or (lambda texts: (one_hot(texts),))


def one_hot(texts, letters="ACGT"):
    """(sequence, base, position), in float32."""
    return torch.tensor([[[float(base == letter) for base in text] for letter in letters] for text in texts])


def channels_last(texts):
    return (one_hot(texts).transpose(1, 2).contiguous(),)


def random_sequences(length, count=SEQUENCES):
    chance = random.Random(1)
    return ["".join(chance.choice("ACGT") for _ in range(length)) for _ in range(count)]


def smooth(module):
    """The module without kinks, so that its gradients are those of every step but these."""
    for name, child in module.named_children():
        if isinstance(child, nn.MaxPool1d):
            setattr(module, name, nn.AvgPool1d(child.kernel_size, child.stride, child.padding))
        elif isinstance(child, nn.ReLU):
            setattr(module, name, nn.GELU())
        else:
            smooth(child)
    return module


def with_weights(make):
    """The module with seeded random weights, as after training: nothing is still the 0 or the 1 that it was initialised with."""
    torch.manual_seed(3)
    module = make().float().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.numel() > 1 and (parameter == parameter.flatten()[0]).all():
                parameter.add_(torch.empty_like(parameter).uniform_(-0.2, 0.2))
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.3)
            if name.endswith(("running_var", "running_variance")):
                buffer.uniform_(0.5, 2)
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    return module
