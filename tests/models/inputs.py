"""Makes the networks of this folder that read something else than one-hot sequences, and what PyTorch says of them.

    python tests/models/inputs.py

Inputs are encoded here, in Python and letter by letter; their declarations say the same to gia. Files as those of make.py, except that networks
of tokens have no gradients. A network whose file is there is left as it is.
"""

import itertools
import json
import random

import torch
from torch import nn

from make import HERE, SEQUENCES, declare, save, save_bare, settle, weights_of

WORDS = ["[UNK]", "[PAD]", "[CLS]", "[SEP]"]


def sequences(length, seed, unknown=True):
    chance = random.Random(seed)
    made = ["".join(chance.choice("ACGT") for _ in range(length)) for _ in range(SEQUENCES)]
    if unknown:
        for row in range(1, SEQUENCES, 2):
            at = chance.randrange(length)
            made[row] = made[row][:at] + "N" + made[row][at + 1:]
    return made


def hot(text, letters="ACGT"):
    return torch.tensor([[float(base == letter) for base in text] for letter in letters])


def complement(text):
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


class Channels(nn.Module):
    """Convolutions over all channels; (batch, channels, length) or (batch, length, channels)."""

    def __init__(self, channels, last):
        super().__init__()
        self.last, self.first, self.second = last, nn.Conv1d(channels, 6, 5, padding=2), nn.Conv1d(6, 4, 3, dilation=2)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        x = x.transpose(1, 2) if self.last else x
        return self.head(torch.relu(self.second(torch.tanh(self.first(x)))).mean(2))


class Tokens(nn.Module):
    """An embedding, a convolution over tokens, and places that matter."""

    def __init__(self, rows, tokens, padding=None):
        super().__init__()
        self.table, self.places = nn.Embedding(rows, 6, padding), nn.Parameter(torch.randn(1, tokens, 6))
        self.along, self.head = nn.Conv1d(6, 5, 3, padding=1), nn.Linear(5, 2)

    def forward(self, tokens):
        x = (self.table(tokens) * self.places).transpose(1, 2)
        return self.head(torch.tanh(self.along(x)).mean(2))


class HotTokens(nn.Module):
    """Tokens as one-hot vectors, and a convolution over them."""

    def __init__(self):
        super().__init__()
        self.along, self.head = nn.Conv1d(8, 5, 3, padding=1), nn.Linear(5, 2)

    def forward(self, tokens):
        x = nn.functional.one_hot(tokens, 8).float().transpose(1, 2)
        return self.head(torch.tanh(self.along(x)).mean(2))


class Masked(nn.Module):
    """A transformer that takes a mask of tokens beside them."""

    def __init__(self, rows, tokens):
        super().__init__()
        self.table, self.places = nn.Embedding(rows, 8), nn.Parameter(torch.randn(1, tokens, 8))
        self.layer, self.head = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Linear(8, 2)

    def forward(self, tokens, mask):
        x = self.layer(self.table(tokens) + self.places) * mask.unsqueeze(-1)
        return self.head(x.sum(1) / mask.sum(1, keepdim=True))


class Parts(nn.Module):
    """The middle read closely, all of it coarsely, and a part of the other strand."""

    def __init__(self):
        super().__init__()
        self.near, self.far, self.other = nn.Conv1d(4, 6, 5), nn.Conv1d(4, 6, 9, stride=3), nn.Conv1d(4, 6, 4)
        self.head = nn.Linear(6, 2)

    def forward(self, near, far, other):
        return self.head(torch.relu(self.near(near)).amax(2) + torch.tanh(self.far(far)).mean(2) * torch.sigmoid(self.other(other)).mean(2))


class FreeTokens(nn.Module):
    """As many tokens as there are, with a mask of the same number."""

    def __init__(self, rows):
        super().__init__()
        self.table, self.along, self.head = nn.Embedding(rows, 6), nn.Conv1d(6, 5, 3, padding=1), nn.Linear(5, 2)

    def forward(self, tokens, mask):
        x = torch.tanh(self.along(self.table(tokens).transpose(1, 2))) * mask.unsqueeze(1)
        return self.head(x.sum(2) / mask.sum(1, keepdim=True))


class Stepped(nn.Module):
    """A length of a whole number of bins of 8 bp."""

    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Conv1d(4, 5, 3, padding=1), nn.Conv1d(5, 1, 1)

    def forward(self, x):
        x = torch.relu(self.first(x))
        return self.head(x.reshape(x.shape[0], 5, x.shape[2] // 8, 8).mean(3))


class FreeLength(nn.Module):
    """Sizes that follow from the length: in a range, in products and quotients, in expansions, and in the outputs."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv1d(4, 8, 5, padding=2), nn.Conv1d(8, 8, 4, stride=2)
        self.layer, self.head = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Conv1d(8, 3, 1)

    def forward(self, x):
        y = self.second(nn.functional.pad(torch.relu(self.first(x)), (1, 0)))
        batch, channels, places = y.shape
        y = y.transpose(1, 2) + torch.arange(places, dtype=torch.float32)[None, :, None] / places
        y = self.layer(y).transpose(1, 2)[:, :, 4:-4]
        y = self.head(y)
        y = y + y.mean(2, keepdim=True).expand(-1, -1, y.shape[2])
        z = x.reshape(batch, -1).mean(1, keepdim=True) + y.reshape(batch, 3, -1).mean(2)[:, :2] * (places / 7)
        return y, z


def vocabulary(name, k, singles=False, order=None):
    """Writes the words of a tokenizer, in an order of their own, and returns their numbers."""
    words = ["".join(word) for word in itertools.product("ACGT", repeat=k)]
    random.Random(order).shuffle(words)
    words = WORDS + words + (list("ACGTN") if singles else [])
    (HERE / name).write_text("".join(f"{word}\n" for word in words))
    return {word: number for number, word in enumerate(words)}


def words_of(text, k, step, known, singles):
    starts = range(0, len(text) - k + 1, step)
    words = [text[start:start + k] for start in starts]
    if singles:
        words += list(text[starts[-1] + k:])
    return [known.get(word, known["[UNK]"]) for word in words]


def make(name, model, texts, inputs, length, layout, tables, gradients=True, lines=(), formats=("pt2",), examples=None, free=None):
    """`inputs` are the tensors for all texts. The network is exported with `examples`, if they have another length, and with `free` sizes."""
    path = HERE / f"{name}.pt2"
    onnx = HERE / "onnx" / f"{name}_dynamo.onnx"
    if path.exists():
        return
    torch.manual_seed(sum(name.encode()))
    model = settle(model()).eval()
    free = free or tuple({0: torch.export.Dim("batch")} for _ in inputs)
    examples = examples or inputs
    declared = [f"length  = {length}", *([f'layout  = "{layout}"'] if layout else []), *lines]
    save(torch.export.export(model, examples, dynamic_shapes=free), path)
    declare(path, declared, tables, source="tests/models/inputs.py")
    if "onnx" in formats:
        names = [f"input_{i}" for i in range(len(inputs))]
        torch.onnx.export(model, examples, onnx, dynamo=True, input_names=names, dynamic_shapes=free, external_data=False)
        save_bare(onnx, onnx)
        declare(onnx, declared, tables.replace('vocabulary = "', 'vocabulary = "../'), source="tests/models/inputs.py")
    if "older" in formats:
        older, axes = HERE / "onnx" / f"{name}.onnx", {0: "batch"}
        torch.onnx.export(model, examples, older, dynamo=False, input_names=["x"], dynamic_axes={"x": axes}, opset_version=17)
        save_bare(older, older)
        declare(older, declared, tables, source="tests/models/inputs.py")
    with torch.inference_mode():
        outputs = model(*inputs)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    outputs = torch.cat([part.flatten(1) for part in several], 1)
    path.with_suffix(".expected.json").write_text(json.dumps({"inputs": texts, "outputs": outputs.tolist()}, indent=1) + "\n")
    if gradients:
        path.with_suffix(".gradients.json").write_text(json.dumps(gradients(model, inputs)) + "\n")


def gradients_by_bases(places, length):
    """Gradients of the weighted sum of outputs by the four channels of each base. `places` gives for each input its channels of the bases, the
    dimension of channels, its first base and whether it is the other strand; none for one that does not follow the sequence."""

    def of(model, inputs):
        found = []
        for row in range(SEQUENCES):
            own = tuple(part[row:row + 1].clone().requires_grad_(True) for part in inputs)
            made = model(*own)
            made = made if isinstance(made, tuple) else (made,)
            out = torch.cat([part.flatten(1) for part in made], 1)[0]
            slopes = torch.autograd.grad((out * weights_of(len(out))).sum(), own)
            total = torch.zeros(4, length)
            for slope, (channels, dim, start, reverse) in zip(slopes, places):
                slope = slope[0].index_select(dim, torch.tensor(channels))
                slope = slope if dim == 0 else slope.T
                slope = slope.flip(0, 1) if reverse else slope
                total[:, start:start + slope.shape[1]] += slope
            found.append([float(f"{n:.7g}") for n in total.flatten().tolist()])
        return found

    return of


def main():
    texts = sequences(30, 1)
    five = torch.stack([hot(text, "ACGTN") for text in texts])
    make("five_channels", lambda: Channels(5, False), texts, (five,), 30, None,
         '\n[[input]]\nchannels = ["A", "C", "G", "T", "N"]\n', gradients_by_bases([([0, 1, 2, 3], 0, 0, False)], 30), formats=("pt2", "onnx"))

    texts = sequences(24, 2)
    track = [round(random.Random(5).random(), 3) for _ in range(24)]
    track = [round(value + 0.01 * i, 3) for i, value in enumerate(track)]
    (HERE / "track.txt").write_text("\n".join(map(str, track)) + "\n")
    seven = torch.stack([torch.cat([hot(text, "CNAT"), torch.full((1, 24), -0.5), hot(text, "G"), torch.tensor([track])]).T for text in texts])
    make("seven_channels", lambda: Channels(7, True), texts, (seven,), 24, "channels_last",
         '\n[[input]]\nchannels = ["C", "N", "A", "T", -0.5, "G", { file = "track.txt" }]\n',
         gradients_by_bases([([2, 0, 5, 3], 1, 0, False)], 24))

    texts = sequences(28, 3)
    numbers = {"A": 7, "C": 8, "G": 9, "T": 10, "N": 11}
    tokens = torch.tensor([[0, *(numbers[base] for base in text), 1] for text in texts])
    make("base_tokens", lambda: Tokens(12, 30), texts, (tokens,), 28, None,
         "\n[[input]]\ntokens = { A = 7, C = 8, G = 9, T = 10, N = 11 }\nstart_tokens = [0]\nend_tokens = [1]\n", None, formats=("pt2", "onnx"))

    texts = sequences(27, 12, unknown=False)
    tokens = torch.tensor([["ACGT".index(base) + 3 for base in text] for text in texts])
    make("hot_tokens", HotTokens, texts, (tokens,), 27, None, "\n[[input]]\ntokens = { A = 3, C = 4, G = 5, T = 6, N = 7 }\n", None,
         formats=("pt2", "older"))

    texts = sequences(26, 4)
    tokens = torch.tensor([["ACGTN".index(base) for base in text] for text in texts])
    make("found_tokens", lambda: Tokens(5, 26), texts, (tokens,), 26, None, "", None)

    texts = sequences(21, 14, unknown=False)
    tokens = torch.tensor([["ACGT".index(base) + 1 for base in text] for text in texts])
    make("padded_tokens", lambda: Tokens(5, 21, padding=0), texts, (tokens,), 21, None, "\n[[input]]\ntokens = { A = 1, C = 2, G = 3, T = 4, N = 0 }\n", None)

    texts = sequences(22, 6)
    known = vocabulary("kmers.txt", 3, order=1)
    tokens = torch.tensor([[known["[CLS]"], *words_of(text, 3, 1, known, False), known["[SEP]"]] for text in texts])
    make("kmers", lambda: Masked(len(known), 22), texts, (tokens, torch.ones(SEQUENCES, 22)), 22, None,
         '\n[[input]]\nvocabulary = "kmers.txt"\nk = 3\nstart_tokens = ["[CLS]"]\nend_tokens = ["[SEP]"]\n\n[[input]]\nvalue = 1\n', None,
         formats=("pt2", "onnx"))

    texts = sequences(29, 7)
    # An unknown base behind the last word, which has a token of its own.
    texts[1] = texts[1][:28] + "N"
    known = vocabulary("words.txt", 4, singles=True, order=2)
    tokens = torch.tensor([[known["[CLS]"], *words_of(text, 4, 4, known, True)] for text in texts])
    make("words", lambda: Tokens(len(known), 9), texts, (tokens,), 29, None,
         '\n[[input]]\nvocabulary = "words.txt"\nk = 4\nstep = 4\nstart_tokens = ["[CLS]"]\n', None)

    texts = sequences(40, 8)
    near = torch.stack([hot(text[12:27]) for text in texts])
    far = torch.stack([hot(text) for text in texts])
    other = torch.stack([hot(complement(text[3:13])) for text in texts])
    make("parts", Parts, texts, (near, far, other), 40, None,
         '\n[[input]]\nstart = 12\n\n[[input]]\n\n[[input]]\nkind = "reverse_complement"\nstart = 3\n',
         gradients_by_bases([([0, 1, 2, 3], 0, 12, False), ([0, 1, 2, 3], 0, 0, False), ([0, 1, 2, 3], 0, 3, True)], 40))

    texts = sequences(46, 9)
    inputs = (torch.stack([hot(text) for text in texts]),)
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", min=32, max=4096)
    make("free_length", FreeLength, texts, inputs, 46, None, "", gradients_by_bases([([0, 1, 2, 3], 0, 0, False)], 46), formats=("pt2", "onnx"),
         examples=(torch.randn(3, 4, 64),), free=({0: batch, 2: length},))

    texts = sequences(56, 11)
    inputs = (torch.stack([hot(text) for text in texts]),)
    bins = torch.export.Dim("bins", min=2, max=512)
    make("stepped_length", Stepped, texts, inputs, 56, None, "", gradients_by_bases([([0, 1, 2, 3], 0, 0, False)], 56), formats=("pt2", "onnx"),
         examples=(torch.randn(3, 4, 64),), free=({0: batch, 2: 8 * bins},))

    texts = sequences(25, 10)
    tokens = torch.tensor([[known["[CLS]"], *words_of(text, 4, 4, known, True)] for text in texts])
    count = torch.export.Dim("count", min=4, max=4096)
    make("free_tokens", lambda: FreeTokens(len(known)), texts, (tokens, torch.ones(SEQUENCES, tokens.shape[1])), 25, None,
         '\n[[input]]\nvocabulary = "words.txt"\nk = 4\nstep = 4\nstart_tokens = ["[CLS]"]\n\n[[input]]\nvalue = 1\n', None,
         formats=("pt2", "onnx"), examples=(torch.zeros(3, 30, dtype=torch.int64), torch.ones(3, 30)), free=({0: batch, 1: count}, {0: batch, 1: count}))


if __name__ == "__main__":
    main()
