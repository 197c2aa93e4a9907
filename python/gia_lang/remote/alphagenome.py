"""AlphaGenome as a network, by the client that its package makes.

The client is passed in, so that this package depends on none:

    from alphagenome.models import dna_client
    client = dna_client.create(key)
    net = AlphaGenome(client, dna_client.OutputType.DNASE, ["EFO:0002067"], max_calls=2000, per_minute=60)

Its terms of use apply to what it predicts."""

import numpy as np

from .calls import Calls, Temporary
from .letters import sequences

# Names of the statuses of gRPC after which the same call may succeed.
TEMPORARY_STATUSES = ("RESOURCE_EXHAUSTED", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "INTERNAL")


class AlphaGenome:
    """One kind of output of AlphaGenome: (batch, position, track) for one-hot sequences of (batch, 4, length)."""

    def __init__(self, client, output, ontology_terms, *, max_calls, per_minute=None, retries=5, version="not stated"):
        self.client, self.output = client, output
        self.ontology_terms = list(ontology_terms)
        self.version = version
        self.calls = Calls(max_calls, per_minute, retries)

    @property
    def identity(self):
        """The service, the stated version, and what is asked for: the weights are not seen."""
        return f"AlphaGenome, version {self.version}: {name_of(self.output)} of {', '.join(map(str, self.ontology_terms))}"

    def __call__(self, one_hot):
        return np.stack([self.calls.call(lambda text=text: self.predict(text)) for text in sequences(one_hot)])

    def predict(self, text):
        try:
            found = self.client.predict_sequence(
                sequence=text, requested_outputs=[self.output], ontology_terms=self.ontology_terms
            )
        except Exception as error:
            if is_temporary(error):
                raise Temporary(f"AlphaGenome: {error}") from error
            raise
        track = getattr(found, name_of(self.output).lower(), None)
        if track is None:
            raise ValueError(f"AlphaGenome answered without the output {name_of(self.output)}")
        values = np.asarray(track.values, np.float32)
        if values.ndim != 2:
            raise ValueError(f"the output {name_of(self.output)} has shape {values.shape}, which is no tracks along the sequence")
        return values


def name_of(output):
    """The name of an entry of the client's enumeration, or the text itself."""
    return getattr(output, "name", str(output))


def is_temporary(error):
    """Whether an error of gRPC is one that passes."""
    code = getattr(error, "code", None)
    status = code() if callable(code) else code
    return getattr(status, "name", None) in TEMPORARY_STATUSES
