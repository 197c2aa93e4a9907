"""`python -m gia_lang.convert KIND IN OUT`: converts a published model, declares it, compares it, and says what to run next."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Callable, Optional, Sequence

from ..errors import GiaError, MissingPackage
from ..export import NotExported
from ..sequences import COMPARED
from . import bpnet, grelu, keras, long_range
from .conversion import Network, NotConverted, write


def _by_torch(read: Callable[[argparse.Namespace], Network]) -> Callable[[argparse.Namespace], float]:
    return lambda given: write(read(given), given)


#: What each kind reads, and its converter.
KINDS: dict[str, tuple[str, Callable[[argparse.Namespace], float]]] = {
    "bpnet": ("BPNet of ENCODE's atlas, Keras .h5; needs bpnet-lite and PyTorch", _by_torch(bpnet.bpnet)),
    "chrombpnet": ("ChromBPNet of ENCODE's atlas, Keras .h5; needs bpnet-lite and PyTorch", _by_torch(bpnet.chrombpnet)),
    "enformer": ("folder of enformer-pytorch", _by_torch(long_range.enformer)),
    "borzoi": ("folder of borzoi-pytorch", _by_torch(long_range.borzoi)),
    "grelu": ("checkpoint of gReLU, .ckpt", _by_torch(grelu.grelu)),
    "keras": (".keras or whole-model .h5; needs keras, tensorflow and tf2onnx, and writes .onnx", keras.write_keras),
    "crested": (".keras of CREsted; needs what `keras` needs and crested, and writes .onnx", keras.write_crested),
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m gia_lang.convert", description=__doc__.partition(": ")[2])
    kinds = made.add_subparsers(dest="kind", required=True, metavar="KIND")
    for kind, (help, _) in KINDS.items():
        one = kinds.add_parser(kind, help=help, description=help)
        one.add_argument("input", metavar="IN")
        one.add_argument("output", metavar="OUT")
        one.add_argument("--length", type=int, metavar="BP", help="input length [default: as published, or as the file says]")
        one.add_argument("--tasks", metavar="NAMES", help="names of the tasks, with commas between them")
        one.add_argument("--tasks-file", metavar="FILE", help="names of the tasks, one on each line")
        one.add_argument("--unit", help="scale of the outputs, such as logit")
        one.add_argument("--source", metavar="TEXT", help="where the model comes from, for the declaration")
        one.add_argument("--licence", metavar="TEXT", help="licence of the weights, for the declaration")
        one.add_argument("--device", default="auto", help="where gia runs the model for the comparison")
        one.add_argument("--head", default="human", help="head of Enformer and Borzoi [default: human]")
        one.add_argument("--trust", action="store_true", help="read pickled objects, which can run code")
        one.add_argument("--force", action="store_true", help="overwrite OUT")
    return made


def main(arguments: Optional[Sequence[str]] = None) -> int:
    given = parser().parse_args(arguments)
    out = Path(given.output)
    try:
        if not Path(given.input).exists():
            raise NotConverted(f"there is no file `{given.input}`")
        if not given.force and (existing := next((path for path in (out, out.with_suffix(".toml")) if path.exists()), None)):
            raise NotConverted(f"`{existing}` exists: add --force to overwrite it")
        difference = KINDS[given.kind][1](given)
    except (NotConverted, NotExported, MissingPackage, GiaError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"wrote {out} and {out.with_suffix('.toml')}")
    print(f"gia gives the same numbers on {COMPARED} random sequences: the largest difference is {difference:.1e} of the largest output")
    if not given.licence:
        print("the declaration states no licence: add --licence, or write it into the .toml")
    quoted = shlex.quote(str(out))
    print(f"next: gia model inspect {quoted}\n      gia predict {quoted} sequences.fa")
    return 0


if __name__ == "__main__":
    sys.exit(main())
