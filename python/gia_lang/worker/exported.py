"""Model files of `torch.export`, where PyTorch is newer than those that `gia-worker` serves."""

import contextlib
import io
import pathlib
import tempfile
import warnings
import zipfile

from .failures import BAD_MODEL, Failure, raised

# The example with which a network was exported. PyTorch's reader wants it, and files that were made smaller lack it.
EXAMPLE = "data/sample_inputs/model.pt"


def load(path):
    """The network of a `.pt2` file."""
    if not path.endswith(".pt2"):
        raise Failure(
            BAD_MODEL,
            f"`{path}` is a model file of a kind that only `gia-worker` runs",
            "install a PyTorch that it serves (`gia doctor` names them), or export the network as `.pt2`",
        )
    try:
        import torch

        with warnings.catch_warnings(), with_example(path, torch) as complete:
            warnings.simplefilter("ignore")
            program = torch.export.load(complete)
            if complete != path:
                program.example_inputs = None
            return program.module()
    except Exception as error:
        raise raised(path, "while it was loaded", error) from error


@contextlib.contextmanager
def with_example(path, torch):
    """The file, or a copy with an empty example if it has none."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith(f"/{EXAMPLE}") for name in names):
        yield path
        return
    example = io.BytesIO()
    torch.save(((), {}), example)
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / pathlib.Path(path).name
        copy.write_bytes(pathlib.Path(path).read_bytes())
        with zipfile.ZipFile(copy, "a") as archive:
            archive.writestr(f"{names[0].split('/')[0]}/{EXAMPLE}", example.getvalue())
        yield str(copy)
