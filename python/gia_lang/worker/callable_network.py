"""Networks that are any callable of arrays of numpy: plain functions, JAX, TensorFlow, Keras, ONNX Runtime, clients of services."""

import numpy as np

from .failures import MODEL_FAILED, NOT_DIFFERENTIABLE, Failure
from .outputs import check_rows, flatten


class CallableNetwork:
    """Runs a callable that takes one array for each input and returns arrays."""

    is_on_gpu = False

    def __init__(self, network, name):
        self.network, self.name = network, name
        # The library whose arrays it returns, which is known after the first call.
        self.library = "numpy"

    @property
    def pads_batches(self):
        # These libraries compile for each batch size.
        return self.library in ("jax", "tensorflow")

    def call(self, inputs):
        return self.network(*inputs)

    def outputs(self, inputs):
        outputs = flatten(self.call(inputs), self.name)
        check_rows(outputs, len(inputs[0]), self.name)
        self.library = library_of(outputs[0])
        return [self.array(output, number) for number, output in enumerate(outputs)]

    def array(self, output, number):
        array = np.asarray(output)
        if array.dtype.kind not in "fiub":
            raise Failure(MODEL_FAILED, f"`{self.name}` returns {array.dtype} as output {number}, which is no real number")
        return array

    def shapes(self, inputs):
        return [list(output.shape[1:]) for output in self.outputs(inputs)]

    def predict(self, inputs, columns):
        count = len(inputs[0])
        flat = [output.reshape(count, -1) for output in self.outputs(inputs)]
        joined = flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1)
        if columns is not None:
            joined = joined[:, columns]
        return np.asarray(joined, np.float32)

    def gradients(self, inputs, follows_sequence, columns, weights):
        own = getattr(self.network, "gradients", None)
        if callable(own):
            found = own(list(inputs), columns, weights)
        elif self.library == "jax":
            found = self.gradients_of_jax(inputs, columns, weights)
        elif self.library == "tensorflow":
            found = self.gradients_of_tensorflow(inputs, columns, weights)
        else:
            raise self.no_gradient("a plain function of arrays has no gradient")
        if len(found) != len(inputs):
            raise Failure(MODEL_FAILED, f"`gradients` of `{self.name}` returns {len(found)} arrays for {len(inputs)} inputs")
        pairs = zip(found, follows_sequence)
        found = [np.asarray(one, np.float32) if follows and one is not None else None for one, follows in pairs]
        if all(one is None for one in found):
            raise self.no_gradient("its outputs do not depend on the sequence by differentiable operations")
        for one, array in zip(found, inputs):
            if one is not None and one.shape != array.shape:
                message = f"a gradient of `{self.name}` has shape {one.shape} for an input of shape {array.shape}"
                raise Failure(MODEL_FAILED, message)
        return found

    def no_gradient(self, why):
        return Failure(
            NOT_DIFFERENTIABLE,
            f"`{self.name}` cannot be differentiated with respect to the sequence: {why}",
            "return a `torch.nn.Module`, a function of JAX or TensorFlow, or an object with a method `gradients(inputs, columns, weights)`; "
            "or use `ism`, which needs no gradient",
        )

    def gradients_of_jax(self, inputs, columns, weights):
        import jax

        def total(floating):
            given = iter(floating)
            arrays = [next(given) if array.dtype.kind == "f" else array for array in inputs]
            flat = [part.reshape(len(inputs[0]), -1) for part in flatten(self.call(arrays), self.name)]
            return (jax.numpy.concatenate(flat, axis=1)[:, columns] * np.array(weights)).sum()

        found = iter(jax.grad(total)([array for array in inputs if array.dtype.kind == "f"]))
        return [next(found) if array.dtype.kind == "f" else None for array in inputs]

    def gradients_of_tensorflow(self, inputs, columns, weights):
        import tensorflow as tf

        tensors = [tf.convert_to_tensor(array) for array in inputs]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for tensor in tensors:
                if tensor.dtype.is_floating:
                    tape.watch(tensor)
            outputs = flatten(self.call_for_gradients(tensors), self.name)
            flat = [tf.reshape(tf.cast(part, tf.float32), (len(inputs[0]), -1)) for part in outputs]
            chosen = tf.gather(tf.concat(flat, axis=1), columns, axis=1)
            total = tf.reduce_sum(chosen * np.array(weights))
        return tape.gradient(total, tensors)

    def call_for_gradients(self, tensors):
        return self.call(tensors)

    def release_memory(self):
        pass


class KerasNetwork(CallableNetwork):
    """Runs a model of Keras."""

    def __init__(self, network, name):
        super().__init__(network, name)
        import keras

        self.backend = keras.backend.backend()

    @property
    def pads_batches(self):
        return True

    def call(self, inputs):
        return self.network.predict_on_batch(inputs[0] if len(inputs) == 1 else list(inputs))

    def outputs(self, inputs):
        outputs = super().outputs(inputs)
        self.library = self.backend
        return outputs

    def call_for_gradients(self, tensors):
        return self.network(tensors[0] if len(tensors) == 1 else tensors, training=False)

    def gradients_of_jax(self, inputs, columns, weights):
        raise self.no_gradient("gradients of Keras models are taken with its TensorFlow backend")


def library_of(array):
    """The library of an array: "numpy", "jax", "tensorflow", or another."""
    name = type(array).__module__.split(".")[0]
    return "jax" if name in ("jax", "jaxlib") else name
