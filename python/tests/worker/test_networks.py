"""Networks of every kind: what they return, how they fail, and what is refused."""

import dataclasses
import json
import pathlib
import tempfile
import textwrap
import unittest

from .support import ONE_HOT, ROOT, Client, needs, one_hot, random_codes, replies, requests

import numpy as np

CODES = random_codes(50, 8)


class Callables(unittest.TestCase):
    def test_outputs_are_flattened_in_their_order(self):
        @dataclasses.dataclass
        class Pair:
            first: np.ndarray
            second: np.ndarray

        def net(x):
            count = x.sum(axis=2)
            return {"z": count[:, :1], "a": (count[:, 1], [count[:, 2:4], None]), "pair": Pair(count[:, 0], 2 * count)}

        client = Client(net=net)
        opened = client.open()
        self.assertEqual(opened.shapes, [[1], [], [2], [], [4]])
        self.assertEqual(opened.columns, 9)
        count = one_hot(CODES).sum(axis=2)
        expected = np.concatenate([count, count[:, :1], 2 * count], axis=1)
        np.testing.assert_array_equal(client.run(CODES), expected)
        np.testing.assert_array_equal(client.run(CODES, [8, 0]), expected[:, [8, 0]])

    def test_numbers_that_are_not_finite_are_passed_on(self):
        client = Client(net=lambda x: np.where(x[:, 0, :1] > 0, np.nan, np.inf))
        client.open()
        found = client.run(CODES)[:, 0]
        np.testing.assert_array_equal(np.isnan(found), CODES[:, 0] == 0)
        np.testing.assert_array_equal(np.isinf(found), CODES[:, 0] != 0)

    def test_outputs_that_are_no_rows_of_numbers_are_refused(self):
        for net, code in [
            (lambda x: x.sum(axis=0), "E0510"),
            (lambda x: np.float64(x.sum()), "E0510"),
            (lambda x: "text", "E0604"),
            (lambda x: x.astype(complex), "E0604"),
            (lambda x: None, "E0604"),
        ]:
            self.assertEqual(Client(net=net).open().code, code)
        self.assertEqual(Client(net=3).open().code, "E0604")
        self.assertIn("has handed over none", Client(net=3).open(entry="other").message)

    def test_exceptions_are_diagnoses_with_their_last_line(self):
        def net(x):
            if len(x) > 1:
                raise ValueError("no more than\none sequence")
            return x.sum(axis=2)

        client = Client(net=net)
        client.open(batch=16)
        failed = client.run(CODES)
        self.assertEqual(failed.code, "E0604")
        self.assertIn("ValueError: no more than one sequence", failed.message)
        self.assertIn("test_networks.py:", failed.message)
        self.assertIn("raise ValueError", failed.message)

    def test_a_function_that_exits_is_a_diagnosis(self):
        def net(x):
            raise SystemExit("stopped")

        self.assertIn("SystemExit: stopped", Client(net=net).open().message)

    def test_batches_halve_when_memory_ends(self):
        sizes = []

        def net(x):
            sizes.append(len(x))
            if len(x) > 7:
                raise MemoryError("no room")
            return x.sum(axis=2)

        client = Client(net=net)
        self.assertEqual(client.open(batch=40).batch, 40)
        np.testing.assert_array_equal(client.run(CODES), one_hot(CODES).sum(axis=2))
        self.assertLessEqual(client.batch(), 7)
        self.assertGreater(client.batch(), 1)

    def test_a_network_that_fits_in_no_batch_is_refused(self):
        def net(x):
            raise MemoryError("no room")

        self.assertEqual(Client(net=net).open().code, "E0606")

    def test_mixing_and_noise_are_refused(self):
        client = Client(net=lambda x: x.sum(axis=2) - x.sum(axis=2).mean(axis=0))
        client.open()
        self.assertEqual(client.run(CODES).code, "E0509")
        generator = np.random.default_rng(0)
        client = Client(net=lambda x: x.sum(axis=2) + generator.normal(size=(len(x), 4)))
        client.open()
        self.assertEqual(client.run(CODES).code, "E0511")
        client = Client(net=lambda x: x.sum(axis=2) - x.sum(axis=2).mean(axis=0))
        client.open(batch=1)
        self.assertEqual(client.run(CODES).shape, (50, 4))

    def test_gradients_of_its_own_and_none(self):
        class Own:
            def __call__(self, x):
                return (x**2).sum(axis=2)

            def gradients(self, inputs, columns, weights):
                found = np.zeros_like(inputs[0])
                for column, weight in zip(columns, weights):
                    found[:, column] = 2 * weight * inputs[0][:, column]
                return [found]

        client = Client(net=Own())
        client.open()
        expected = one_hot(CODES) * np.array([0, 6, 0, -2])[None, :, None]
        np.testing.assert_array_equal(client.gradients(CODES, [1, 3], [3.0, -1.0]), expected)
        client = Client(net=lambda x: x.sum(axis=2))
        client.open()
        self.assertEqual(client.gradients(CODES, [1], [1.0]).code, "E0512")

    def test_measuring_chooses_among_sizes(self):
        client = Client(net=lambda x: x.sum(axis=2))
        client.open(batch=16)
        measured, _ = client.ask(requests.Measure(0))
        self.assertEqual([one.batch for one in measured.tried], [2, 4, 8, 16, 32, 64])
        self.assertTrue(all(one.seconds > 0 for one in measured.tried))
        self.assertEqual(measured.batch, client.batch())

    def test_what_is_not_supported_is_refused(self):
        client = Client(net=lambda x: x.sum(axis=2))
        self.assertEqual(client.open(before=["Sigmoid"]).code, "E0502")
        self.assertEqual(client.open(entry=None).code, "E0502")
        self.assertEqual(Client("BFloat16", net=lambda x: x.sum(axis=2)).open().code, "E0502")
        client.open()
        self.assertEqual(client.run(CODES, [4]).code, "E0602")
        self.assertEqual(client.run(CODES[:, :5]).code, "E0602")
        self.assertEqual(client.ask(requests.Prepare(9, 3))[0].code, "E0602")

    def test_another_version_of_the_protocol_is_named(self):
        failed, _ = Client().ask(requests.Hello(99, "Cpu", 1, "Float32", "Never"))
        self.assertIn("version 99", failed.message)


class Imported(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def open(self, text, entry):
        # Modules stay imported, so each has a name of its own.
        name = f"nets_{self.id().rsplit('.', 1)[-1]}_{len(list(self.folder.iterdir()))}"
        (self.folder / f"{name}.py").write_text(textwrap.dedent(text))
        client = Client()
        return client, client.open(path=str(self.folder / "net.toml"), entry=f"{name}:{entry}")

    def test_functions_classes_and_objects(self):
        text = """
            def net(x):
                return x.sum(axis=2)

            def build(scale=2.0):
                return lambda x: scale * x.sum(axis=2)

            class Net:
                def __call__(self, x):
                    return 3 * x.sum(axis=2)

            ready = Net()

            class Inner:
                ready = ready
        """
        for entry, factor in [("net", 1), ("build", 2), ("Net", 3), ("ready", 3), ("Inner.ready", 3)]:
            client, opened = self.open(text, entry)
            self.assertIsInstance(opened, replies.Opened, opened)
            np.testing.assert_array_equal(client.run(CODES), factor * one_hot(CODES).sum(axis=2))

    def test_code_that_raises_is_a_diagnosis(self):
        _, failed = self.open("import no_such_library\n", "net")
        self.assertIn("No module named 'no_such_library'", failed.message)
        self.assertIn("GIA_PYTHON", failed.help)
        _, failed = self.open("def net(:\n", "net")
        self.assertIn("SyntaxError", failed.message)
        _, failed = self.open("def other(x): pass\n", "net")
        self.assertIn("has no `net`", failed.message)
        _, failed = self.open("def net():\n    raise KeyError('weights')\n", "net")
        self.assertIn("KeyError: 'weights'", failed.message)


class Identities(unittest.TestCase):
    def identity(self, net):
        return Client(net=net).open().identity

    def test_code_and_numbers_that_it_holds_identify_a_function(self):
        def scaled(scale):
            return lambda x: scale * x.sum(axis=2)

        one = self.identity(scaled(np.array([1.0, 2.0, 3.0, 4.0])))
        self.assertEqual(one, self.identity(scaled(np.array([1.0, 2.0, 3.0, 4.0]))))
        self.assertNotEqual(one.sha256, self.identity(scaled(np.array([1.0, 2.0, 3.0, 5.0]))).sha256)
        self.assertNotEqual(one.sha256, self.identity(lambda x: x.sum(axis=2)).sha256)
        self.assertEqual(len(one.sha256), 64)
        self.assertTrue(one.libraries[0].startswith("Python 3."))

    def test_an_object_may_state_its_identity(self):
        class Service:
            def __init__(self, version):
                self.identity = version

            def __call__(self, x):
                return x.sum(axis=2)

        self.assertEqual(self.identity(Service("a")), self.identity(Service("a")))
        self.assertNotEqual(self.identity(Service("a")), self.identity(Service("b")))


@needs("torch")
class Torch(unittest.TestCase):
    def module(self, seed=0, dropout=0.0):
        import torch

        torch.manual_seed(seed)
        return torch.nn.Sequential(
            torch.nn.Conv1d(4, 6, 3, padding=1),
            torch.nn.BatchNorm1d(6),
            torch.nn.ReLU(),
            torch.nn.Dropout(dropout),
            torch.nn.AdaptiveAvgPool1d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(12, 3),
        )

    def expected(self, module, codes):
        import torch

        module.eval()
        with torch.no_grad():
            return module(torch.from_numpy(one_hot(codes))).numpy()

    def test_a_module_gives_what_it_gives_in_evaluation(self):
        module = self.module(dropout=0.5)
        module.train()
        client = Client(net=module)
        client.open()
        found = client.run(CODES)
        self.assertTrue(all(part.training for part in module.modules()))
        np.testing.assert_allclose(found, self.expected(module, CODES), atol=1e-6)

    def test_gradients_are_those_of_autograd(self):
        import torch

        module = self.module().eval()
        x = torch.from_numpy(one_hot(CODES)).requires_grad_()
        (module(x)[:, [0, 2]] * torch.tensor([1.0, -2.0])).sum().backward()
        client = Client(net=module)
        client.open(batch=16)
        np.testing.assert_allclose(client.gradients(CODES, [0, 2], [1.0, -2.0]), x.grad.numpy(), atol=1e-6)

    def test_gradients_of_both_strands_and_other_layouts_are_by_base(self):
        import torch

        class Both(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.randn(8, 4))
                self.other = torch.nn.Parameter(torch.randn(8, 4))

            def forward(self, x, y, constant):
                return ((x * self.weight).sum((1, 2)) + (y * self.other).sum((1, 2))) * constant[:, :1].T[0]

        torch.manual_seed(1)
        module = Both()
        client = Client(net=module)
        reverse = requests.SequenceInput(True, None, "OneHot")
        inputs = [ONE_HOT, reverse, requests.ConstantInput([2], np.array([2.0], np.float32))]
        channels = [3, 1, 0, 2]
        client.open(layout="ChannelsLast", inputs=inputs, channels=channels)
        weight, other = np.zeros((4, 8), np.float32), np.zeros((4, 8), np.float32)
        weight[channels] = module.weight.detach().numpy().T
        other[channels] = module.other.detach().numpy().T
        expected = 2 * (weight + other[::-1, ::-1])
        found = client.gradients(CODES, [0], [1.0])
        np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), rtol=1e-5)

    def test_blocked_gradients_are_refused(self):
        import torch

        class Rounds(torch.nn.Module):
            def forward(self, x):
                return x.argmax(1).float()[:, :2]

        client = Client(net=Rounds())
        client.open()
        self.assertEqual(client.gradients(CODES, [0], [1.0]).code, "E0512")

    def test_a_module_with_a_fourier_transform(self):
        import torch

        class Long(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.kernel = torch.nn.Parameter(torch.randn(4, 8))

            def forward(self, x):
                product = torch.fft.rfft(x, n=16) * torch.fft.rfft(self.kernel, n=16)
                return torch.fft.irfft(product, n=16)[..., :8].sum(1)

        torch.manual_seed(2)
        module = Long()
        client = Client(net=module)
        self.assertEqual(client.open().shapes, [[8]])
        kernel = module.kernel.detach().numpy()
        direct = [
            [sum(kernel[code, at - i] for i, code in enumerate(codes[: at + 1])) for at in range(8)] for codes in CODES
        ]
        np.testing.assert_allclose(client.run(CODES), direct, atol=1e-5)

    def test_batches_halve_on_the_error_of_a_gpu(self):
        import torch

        class Large(torch.nn.Module):
            def forward(self, x):
                if len(x) > 5:
                    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
                return x.sum(2)

        client = Client(net=Large())
        client.open(batch=32)
        np.testing.assert_array_equal(client.run(CODES), one_hot(CODES).sum(axis=2))
        self.assertEqual(client.batch(), 4)

    def test_dropout_that_is_left_on_is_refused(self):
        import torch

        class Noisy(torch.nn.Module):
            def forward(self, x):
                return torch.nn.functional.dropout(x.sum(2), 0.5)

        client = Client(net=Noisy())
        client.open()
        self.assertEqual(client.run(CODES).code, "E0511")

    def test_other_number_formats_are_cast(self):
        module = self.module().double()
        client = Client(net=module)
        client.open()
        found = client.run(CODES)
        np.testing.assert_allclose(found, self.expected(module.float(), CODES), atol=1e-5)

    def test_functions_of_tensors(self):
        import torch

        from gia_lang.worker import takes_tensors

        @takes_tensors
        def net(x):
            return torch.special.expit(x.cumsum(2)[:, :, -1])

        client = Client(net=net)
        client.open()
        count = one_hot(CODES).sum(axis=2)
        np.testing.assert_allclose(client.run(CODES), 1 / (1 + np.exp(-count)), rtol=1e-6)
        self.assertEqual(client.gradients(CODES, [0], [1.0]).shape, (50, 4, 8))

    def test_weights_and_code_identify_a_module(self):
        identity = lambda module: Client(net=module).open().identity  # noqa: E731
        one = identity(self.module())
        self.assertEqual(one, identity(self.module()))
        self.assertEqual(one.class_name, "torch.nn.modules.container.Sequential")
        self.assertTrue(any(library.startswith("torch ") for library in one.libraries))
        self.assertNotEqual(one.sha256, identity(self.module(seed=1)).sha256)
        self.assertNotEqual(one.sha256, identity(self.module(dropout=0.1)).sha256)
        changed = self.module()
        changed[1].running_mean[0] += 1
        self.assertNotEqual(one.sha256, identity(changed).sha256)

    def test_an_embedding_of_tokens(self):
        import torch

        torch.manual_seed(0)
        module = torch.nn.Embedding(12, 2)
        tokenizer = requests.Tokenizer(1, 1, [7, 8, 9, 10], 11, [], [], None, None)
        client = Client(net=module)
        client.open(inputs=[requests.SequenceInput(False, None, ("Tokens", tokenizer))])
        expected = module.weight.detach().numpy()[CODES + 7].reshape(50, -1)
        np.testing.assert_array_equal(client.run(CODES), expected)
        self.assertEqual(client.gradients(CODES, [0], [1.0]).code, "E0512")


@needs("keras")
class Keras(unittest.TestCase):
    def model(self):
        import keras

        keras.utils.set_random_seed(0)
        layers = [keras.Input((8, 4)), keras.layers.Conv1D(5, 3, activation="tanh"), keras.layers.Flatten(), keras.layers.Dense(2)]
        return keras.Sequential(layers)

    def test_a_model_gives_what_it_gives(self):
        model = self.model()
        client = Client(net=model)
        opened = client.open(layout="ChannelsLast", batch=16)
        self.assertEqual(opened.shapes, [[2]])
        expected = model.predict(one_hot(CODES).transpose(0, 2, 1), verbose=0)
        np.testing.assert_allclose(client.run(CODES), expected, atol=1e-6)
        self.assertEqual(opened.identity, Client(net=self.model()).open(layout="ChannelsLast").identity)

    def test_gradients_agree_with_differences(self):
        import keras

        if keras.backend.backend() != "tensorflow":
            self.skipTest("Keras does not use TensorFlow")
        model = self.model()
        client = Client(net=model)
        client.open(layout="ChannelsLast", batch=4)
        codes = CODES[:3]
        found = client.gradients(codes, [1], [1.0])
        x = one_hot(codes).transpose(0, 2, 1)
        for position, base in [(0, 0), (3, 2), (7, 3)]:
            step = np.zeros_like(x)
            step[:, position, base] = 1e-2
            differences = (model.predict(x + step, verbose=0) - model.predict(x - step, verbose=0))[:, 1] / 2e-2
            np.testing.assert_allclose(found[:, base, position], differences, atol=1e-3)


@needs("jax")
class Jax(unittest.TestCase):
    def test_predictions_and_gradients(self):
        import jax

        weights = random_codes(4, 8, 5).astype(np.float32)
        net = jax.jit(lambda x: jax.numpy.tanh((x * weights).sum(axis=2) / 8))
        client = Client(net=net)
        client.open(batch=16)
        total = (one_hot(CODES) * weights).sum(axis=2) / 8
        np.testing.assert_allclose(client.run(CODES), np.tanh(total), atol=1e-6)
        expected = np.zeros((50, 4, 8), np.float32)
        expected[:, 2] = (weights[2] / 8) * (1 - np.tanh(total[:, 2]) ** 2)[:, None]
        np.testing.assert_allclose(client.gradients(CODES, [2], [1.0]), expected, atol=1e-6)


if __name__ == "__main__":
    unittest.main()


@needs("torch")
class ExportedFiles(unittest.TestCase):
    def test_a_file_of_torch_export_gives_its_numbers(self):
        stored = json.loads((ROOT / "tests/models/convolutions.expected.json").read_text())
        codes = np.array([["ACGT".index(base) for base in text] for text in stored["inputs"] if "N" not in text], np.uint8)
        client = Client()
        opened = client.open(entry=None, path=str(ROOT / "tests/models/convolutions.pt2"), length=codes.shape[1])
        self.assertIsNone(opened.identity)
        rows = [values for text, values in zip(stored["inputs"], stored["outputs"]) if "N" not in text]
        np.testing.assert_allclose(client.run(codes), rows, rtol=1e-5, atol=1e-6)

    def test_other_files_are_refused(self):
        for name, code in [("onnx/convolutions.onnx", "E0502"), ("make.py", "E0502")]:
            self.assertEqual(Client().open(entry=None, path=str(ROOT / "tests/models" / name)).code, code)
