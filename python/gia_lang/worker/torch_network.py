"""Networks of PyTorch: modules, and functions of tensors."""

import contextlib

import numpy as np
import torch

from .failures import MODEL_FAILED, NOT_DIFFERENTIABLE, Failure
from .outputs import check_rows, flatten


class TorchNetwork:
    """Runs a module, or a function of tensors, on arrays."""

    # A batch of any size runs without being compiled anew.
    pads_batches = False

    def __init__(self, network, name, settings, is_live):
        self.network, self.name, self.is_live = network, name, is_live
        self.is_module = isinstance(network, torch.nn.Module)
        self.precision = settings.precision
        tensors = self.tensors()
        # A live module stays where it is, in the state that it is in.
        if is_live:
            self.device = tensors[0].device if tensors else torch.device("cpu")
        else:
            self.device = torch.device(settings.torch_device())
            torch.set_num_threads(settings.threads)
            if self.is_module:
                with contextlib.suppress(NotImplementedError):
                    # What torch.export returns has one mode, and refuses to be asked.
                    network.eval()
                network.to(self.device)
        floating = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
        self.dtype = floating[0] if floating else torch.float32

    def tensors(self):
        if not self.is_module:
            return []
        return [*self.network.parameters(), *self.network.buffers()]

    @property
    def is_on_gpu(self):
        return self.device.type != "cpu"

    def load(self, array):
        tensor = torch.from_numpy(array).to(self.device)
        return tensor.to(self.dtype) if tensor.is_floating_point() else tensor

    @contextlib.contextmanager
    def state(self):
        """Evaluation mode, and the precision of the run. What is the calling program's is as it was afterwards."""
        training = []
        if self.is_module and self.is_live:
            training = [module for module in self.network.modules() if module.training]
            for module in training:
                module.training = False
        allows = self.precision == "Tf32"
        before = (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32)
        if self.is_on_gpu:
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allows
        try:
            yield
        finally:
            if self.is_on_gpu:
                torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before
            for module in training:
                module.training = True

    def outputs(self, tensors, count):
        outputs = flatten(self.network(*tensors), self.name)
        check_rows(outputs, count, self.name)
        for number, output in enumerate(outputs):
            if not isinstance(output, torch.Tensor):
                raise Failure(MODEL_FAILED, f"`{self.name}` returns something other than tensors as output {number}")
            if output.is_complex():
                raise Failure(MODEL_FAILED, f"`{self.name}` returns complex numbers as output {number}")
        return outputs

    def shapes(self, inputs):
        """Sizes of each output after the batch."""
        with self.state(), self.without_gradients():
            outputs = self.outputs([self.load(array) for array in inputs], len(inputs[0]))
            return [list(output.shape[1:]) for output in outputs]

    def without_gradients(self):
        # A live module may keep what it computed, and tensors made in inference mode cannot be differentiated later.
        return torch.no_grad() if self.is_live else torch.inference_mode()

    def predict(self, inputs, columns):
        """The requested columns of all outputs for each row, as float32; all columns if `columns` is none."""
        count = len(inputs[0])
        with self.state(), self.without_gradients():
            outputs = self.outputs([self.load(array) for array in inputs], count)
            chosen = self.columns(outputs, columns, count)
            return chosen.to(torch.float32).cpu().numpy()

    def columns(self, outputs, columns, count):
        flat = [output.reshape(count, -1) for output in outputs]
        joined = flat[0] if len(flat) == 1 else torch.cat([part.to(flat[0].dtype) for part in flat], 1)
        if columns is None:
            return joined
        return joined.index_select(1, torch.from_numpy(columns).to(joined.device))

    def gradients(self, inputs, follows_sequence, columns, weights):
        """Gradients of the weighted sum of columns with respect to each input that follows the sequence; none for other inputs."""
        count = len(inputs[0])
        with self.state(), torch.enable_grad():
            tensors = [self.load(array) for array in inputs]
            sources = [
                tensor.requires_grad_()
                for tensor, follows in zip(tensors, follows_sequence)
                if follows and tensor.is_floating_point()
            ]
            outputs = self.outputs(tensors, count)
            chosen = self.columns(outputs, columns, count)
            total = (chosen * torch.from_numpy(np.array(weights)).to(chosen)).sum()
            found = [None] * len(sources)
            if sources and total.requires_grad:
                found = torch.autograd.grad(total, sources, allow_unused=True)
            if all(gradient is None for gradient in found):
                raise Failure(
                    NOT_DIFFERENTIABLE,
                    f"`{self.name}` cannot be differentiated with respect to the sequence: "
                    "it detaches its input or converts it to integers",
                    "remove `detach`, `torch.no_grad`, rounding and indexing between the sequence and the output",
                )
            found = iter(found)
            gradients = []
            for tensor, follows in zip(tensors, follows_sequence):
                gradient = next(found) if follows and tensor.is_floating_point() else None
                gradients.append(None if gradient is None else gradient.to(torch.float32).cpu().numpy())
            return gradients

    def release_memory(self):
        if self.is_on_gpu and torch.cuda.is_available():
            torch.cuda.empty_cache()
