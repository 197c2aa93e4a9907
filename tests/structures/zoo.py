"""The zoo of CREsted: networks of Keras, exported by Keras."""

import importlib
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy

from packages import submodules_of
from structure import Structure, channels_last


def zoo(kind, length, **sizes):
    def make():
        for name in ("crested", "crested.tl"):
            submodules_of(name)
        import keras

        networks = importlib.import_module("crested.tl.zoo")
        keras.utils.set_random_seed(3)
        model = getattr(networks, kind)(length, **sizes)
        chance = numpy.random.default_rng(3)
        for weight in model.weights:
            values = weight.numpy()
            if values.size > 1 and (values == values.flat[0]).all():
                low, high = (0.5, 2) if "variance" in weight.path else (-0.2, 0.2)
                weight.assign((0 if "variance" in weight.path else values) + chance.uniform(low, high, values.shape))
        return model

    return Structure(make, length, channels_last, keras=True, step=4 if length > 200 else 1)


SMALL = dict(num_classes=3, filters=16)
TRANSFORMER = dict(num_classes=3, num_conv_blocks=3, num_transformer_blocks=1, target_length=8)

STRUCTURES = {
    "crested_deeptopic_cnn": zoo("deeptopic_cnn", 500, **SMALL, dense_out=16),
    "crested_deeptopic_lstm": zoo("deeptopic_lstm", 150, **SMALL, lstm_out=8, dense_out=8),
    "crested_dilated_cnn": zoo("dilated_cnn", 800, num_classes=3, first_conv_filters=8, num_filters=8, n_dil_layers=4),
    "crested_dilated_cnn_decoupled": zoo("dilated_cnn_decoupled", 800, num_classes=3, first_conv_filters=8, num_filters=8, n_dil_layers=4),
    "crested_simple_convnet": zoo("simple_convnet", 200, num_classes=3, first_filters=8, filters=12, dense_size=12),
    "crested_legnet": zoo("legnet", 160, num_classes=3, stem_filters=8, tower_filters=(10, 12, 14, 16)),
    "crested_basenji": zoo("basenji", 512, num_classes=3, first_filters=8, filters=64),
    "crested_enformer": zoo("enformer", 256, **TRANSFORMER, start_filters=128, filters=384, pointwise_filters=32),
    "crested_borzoi": zoo(
        "borzoi", 256, **TRANSFORMER, start_filters=32, filters=64, pointwise_filters=32, unet_filters=64, unet_connections=[2, 3],
        num_transformer_heads=2,
    ),
}
