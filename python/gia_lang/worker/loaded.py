"""A loaded network: divides rows into batches, and halves these when memory ends."""

import time

import numpy as np

from . import entry, independence
from .encode import Encoder
from .failures import BAD_MODEL, MODEL_FAILED, NOT_DIFFERENTIABLE, OUT_OF_MEMORY, WORKER_FAILED, Failure, is_out_of_memory, raised
from .identity import identify
from .replies import BatchTiming
from .rows import Rows

# A batch that is not chosen holds about so many bases, on a CPU and on a GPU, and at most so many sequences.
DEFAULT_BASES = {False: 1 << 16, True: 1 << 20}
MAX_DEFAULT_BATCH = {False: 128, True: 1024}
MAX_BATCH = 1 << 16

# Candidates for the batch size, relative to the current one.
CANDIDATE_RATIOS = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4)
TIMING_REPEATS = 3
# Another size must be this much faster than the current one, which is known to be moderate in memory.
MAX_RELATIVE_TIME = 0.95


class Loaded:
    """A network with the encoding of its inputs."""

    def __init__(self, opening, settings, live):
        self.name = opening.path if opening.entry is None or ":" in opening.entry else opening.entry
        if any(step is not None for step in opening.before):
            raise Failure(BAD_MODEL, f"the last step of `{self.name}` cannot be split off, as it runs in Python", "leave `before` out")
        self.length = opening.length
        self.precision = settings.precision
        self.encoder = Encoder(opening)
        network, is_live = entry.find(opening, live)
        self.runner = entry.runner(network, self.name, settings, is_live)
        if settings.precision in ("BFloat16", "Float64") or (settings.precision == "Tf32" and not self.runner.is_on_gpu):
            raise Failure(BAD_MODEL, f"`{self.name}` runs in Python, in its own number format", "remove `--dtype`")
        is_on_gpu = self.runner.is_on_gpu
        fitting = DEFAULT_BASES[is_on_gpu] // self.length
        self.batch = min(max(opening.batch or min(fitting, MAX_DEFAULT_BATCH[is_on_gpu]), 1), MAX_BATCH)
        self.is_independence_checked = False
        # A function that makes or loads its weights at the first call is identified after it.
        probe = self.guarded(1, lambda: self.runner.shapes(self.encoder.encode(Rows.dummy(self.length, 1).codes(0, 1))))
        self.shapes = [[int(size) for size in shape] for shape in probe]
        self.columns = sum(int(np.prod(shape)) for shape in self.shapes)
        # A model file identifies itself.
        self.identity = None if opening.entry is None else identify(network)

    def guarded(self, count, call):
        """Runs the network's own code, and turns its exceptions into failures."""
        try:
            return call()
        except (Failure, KeyboardInterrupt):
            raise
        except BaseException as error:
            sequences = "1 sequence" if count == 1 else f"{count} sequences"
            if not is_out_of_memory(error):
                raise raised(self.name, f"for a batch of {sequences}", error) from error
            # The exception holds the frames, and these hold the tensors that filled the memory.
            said = str(error).splitlines()[:1]
        self.runner.release_memory()
        why = f": {said[0]}" if said else ""
        raise Failure(OUT_OF_MEMORY, f"memory ended while `{self.name}` computed a batch of {sequences}{why}")

    def passes(self, rows, work):
        """Calls `work` with the codes of each batch, the first row and the number of rows, and halves the batch when memory ends."""
        self.batches(len(rows), lambda first, size: work(self.batch_of(rows, first, size), first, size))

    def batches(self, count, work):
        """Calls `work` with the first row and the number of rows of each batch, and halves the batch when memory ends."""
        at = 0
        while at < count:
            left = count - at
            size = -(-left // -(-left // self.batch))
            try:
                work(at, size)
            except Failure as failure:
                if failure.code != OUT_OF_MEMORY or size == 1:
                    raise
                self.batch = -(-size // 2)
                continue
            at += size

    def batch_of(self, rows, first, size):
        codes = rows.codes(first, first + size)
        if self.runner.pads_batches and size < self.batch:
            # Libraries that compile for each size see one.
            last = np.repeat(codes[-1:], self.batch - size, axis=0)
            codes = np.concatenate([codes, last])
        return codes

    def check(self, rows, columns):
        if rows.length != self.length:
            raise Failure(WORKER_FAILED, f"the rows are {rows.length} bp long, but the network takes {self.length} bp")
        if len(columns) and columns.max() >= self.columns:
            raise Failure(WORKER_FAILED, f"column {columns.max()} does not exist: the network has {self.columns} columns")

    def predict_codes(self, codes, columns=None):
        """All or some columns for base codes, in one pass."""
        return self.guarded(len(codes), lambda: self.runner.predict(self.encoder.encode(codes), columns))

    def predict(self, rows, columns):
        """The columns of every row, as float32 of (rows, columns)."""
        self.check(rows, columns)
        independence.check(self, rows)
        chosen = None if np.array_equal(columns, np.arange(self.columns)) else columns
        values = np.empty((len(rows), len(columns)), "<f4")

        def work(codes, first, size):
            found = self.predict_codes(codes, chosen)
            self.check_columns(found, len(codes), len(columns))
            values[first:first + size] = found[:size]

        self.passes(rows, work)
        return values

    def check_columns(self, found, rows, columns):
        if found.shape != (rows, columns):
            message = f"`{self.name}` returns other shapes for a batch of {rows} than for one sequence, {self.shapes} for each"
            raise Failure(MODEL_FAILED, message)

    def gradients(self, rows, columns, weights):
        """Gradients of a weighted sum of columns with respect to the bases of each row, as float32 of (rows, 4, length). `weights` has a number for
        each column, or for each row and column."""
        self.check(rows, columns)
        independence.check(self, rows)
        values = np.zeros((len(rows), 4, self.length), "<f4")

        def work(codes, first, size):
            inputs = self.encoder.encode(codes)
            own = weights
            if np.ndim(weights) == 2:
                # A network of a fixed batch takes more rows than there are; what they weigh is not read.
                own = np.zeros((len(codes), len(columns)), weights.dtype)
                own[:size] = weights[first:first + size]
            values[first:first + size] = self.gradients_of(inputs, columns, own)[:size]

        self.passes(rows, work)
        return values

    def gradients_of(self, inputs, columns, weights):
        """Gradients of a weighted sum of columns with respect to the bases, (rows, 4, length), added over the inputs that read the sequence."""
        follows = [source.follows_sequence for source in self.encoder.inputs]
        count = len(inputs[0])
        found = self.guarded(count, lambda: self.runner.gradients(inputs, follows, columns, weights))
        values = np.zeros((count, 4, self.length), "<f4")
        for source, gradient in zip(self.encoder.inputs, found):
            if gradient is not None and source.follows_sequence and hasattr(source, "by_base"):
                values += source.by_base(gradient)
        return values

    def along(self, rows, asked):
        """Columns at points between sequences and references, and with weights the gradient of their sum there, as float32 with a row for each pair.
        The first rows are sequences, and the others the references of each."""
        columns, each = asked.columns, asked.references
        self.check(rows, columns)
        independence.check(self, rows)
        sequences = len(rows) // (1 + max(each, 1))
        pairs = sequences * each
        if not pairs or sequences + pairs != len(rows) or len(asked.shares) not in (1, pairs):
            raise Failure(WORKER_FAILED, f"`gia` sent {len(rows)} rows and {len(asked.shares)} shares for {each} references each")
        if len(asked.weights) not in (0, len(columns), pairs * len(columns)):
            raise Failure(WORKER_FAILED, f"`gia` sent {len(asked.weights)} weights for {len(columns)} columns of {pairs} pairs")
        codes = rows.codes(0, len(rows))
        own, references = np.repeat(codes[:sequences], each, axis=0), codes[sequences:]
        shares = np.broadcast_to(np.asarray(asked.shares, np.float32), pairs)
        weights = np.asarray(asked.weights, np.float32)
        if len(weights):
            weights = np.broadcast_to(weights.reshape(-1, len(columns)), (pairs, len(columns)))
        values = np.zeros((pairs, len(columns) + (4 * self.length if len(weights) else 0)), "<f4")

        def work(first, size):
            # Libraries that compile for each size see one, and a network of a fixed batch takes no other.
            last = first + (self.batch if self.runner.pads_batches else size)
            chosen = np.arange(first, last).clip(max=pairs - 1)
            inputs = self.mixed(own[chosen], references[chosen], shares[chosen])
            found = self.guarded(len(chosen), lambda: self.runner.predict(inputs, columns))
            values[first:first + size, :len(columns)] = found[:size]
            if len(weights):
                gradients = self.gradients_of(inputs, columns, weights[chosen])
                values[first:first + size, len(columns):] = gradients[:size].reshape(size, -1)

        self.batches(pairs, work)
        return values

    def mixed(self, own, references, shares):
        """Inputs between those of sequences and of references."""
        inputs = []
        for source, one, other in zip(self.encoder.inputs, self.encoder.encode(own), self.encoder.encode(references)):
            if source.follows_sequence:
                if one.dtype.kind != "f":
                    message = f"`{self.name}` reads tokens, between which there is nothing: what lies between a sequence and a reference has no prediction"
                    raise Failure(NOT_DIFFERENTIABLE, message, "use in silico mutagenesis: `ism`")
                share = shares.reshape(-1, *[1] * (one.ndim - 1)).astype(one.dtype)
                one = other + (one - other) * share
            inputs.append(one)
        return inputs

    def prepare(self, rows):
        """Warms up for requests of this many rows."""
        if rows:
            count = min(rows, self.batch)
            self.passes(Rows.dummy(self.length, count), lambda codes, first, size: self.predict_codes(codes))

    def measure(self):
        """Times passes of several batch sizes and uses the fastest from then on."""
        current = self.batch
        sizes = sorted({min(max(int(current * ratio), 1), MAX_BATCH) for ratio in CANDIDATE_RATIOS})
        # The first pass of a size compiles kernels and allocates memory, so it does not count.
        seconds = {size: float("inf") for size in sizes if self.timed(size, 1) is not None}
        for _ in range(TIMING_REPEATS):
            for size in seconds:
                taken = self.timed(size, -(-current // size))
                seconds[size] = min(seconds[size], taken if taken is not None else float("inf"))
        tried = [BatchTiming(size, taken) for size, taken in seconds.items() if np.isfinite(taken)]
        best = min(tried, key=lambda one: one.seconds, default=None)
        if best and best.seconds < MAX_RELATIVE_TIME * seconds.get(current, float("inf")):
            self.batch = best.batch
        return tried

    def timed(self, size, passes):
        """Seconds for each sequence; none if memory ends."""
        codes = Rows.dummy(self.length, size).codes(0, size)
        started = time.perf_counter()
        try:
            for _ in range(passes):
                self.predict_codes(codes)
        except Failure as failure:
            if failure.code != OUT_OF_MEMORY:
                raise
            return None
        return (time.perf_counter() - started) / (size * passes)
