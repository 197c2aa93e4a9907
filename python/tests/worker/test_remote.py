"""Clients of services, against a service on the loopback that counts G and C."""

import http.server
import json
import threading
import unittest

from .support import Client, one_hot, random_codes

import numpy as np

from gia_lang.remote import AlphaGenome, Game, GameError, TooManyCalls
from gia_lang.remote.calls import Calls, Temporary
from gia_lang.remote.letters import sequences

CODES = random_codes(10, 8)
TASKS = [
    {"name": "gc", "type": "accessibility", "cell_type": "K562", "species": "homo_sapiens"},
    {"name": "a", "type": "binding_CTCF", "cell_type": "HepG2", "species": "homo_sapiens", "scale": "linear"},
]


class Service(http.server.BaseHTTPRequestHandler):
    """Answers as a predictor of GAME does. The server has `failures`, statuses to answer with first, and `bodies`, what was asked."""

    def do_GET(self):
        self.answer(200, {"model": "counts", "version": self.server.version})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append((self.path, body))
        if self.server.failures:
            return self.answer(self.server.failures.pop(0), {"error": "not now"})
        letters = {"gc": "GC", "a": "A"}
        tasks = []
        for task in body["prediction_tasks"]:
            def of(text, counted=letters[task["name"]]):
                places = [float(letter in counted) for letter in text]
                return places if body["readout"] == "track" else [sum(places)]

            predictions = {name: of(text) for name, text in body["sequences"].items()}
            tasks.append({"name": task["name"], "type_actual": task["type"], "predictions": predictions})
        if self.server.leaves_out:
            tasks[0]["predictions"].popitem()
        # The order of tasks is the service's own.
        self.answer(200, {"prediction_tasks": tasks[::-1], "bin_size": 1})

    def answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class GameTest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        self.server.failures, self.server.bodies, self.server.version = [], [], "1"
        self.server.leaves_out = False
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def game(self, readout="point", **given):
        game = Game(self.url, TASKS, readout, **{"max_calls": 50, **given})
        self.pauses = []
        game.calls.sleep = self.pauses.append
        return game

    def test_points_are_those_of_the_service(self):
        client = Client(net=self.game())
        opened = client.open(batch=4)
        self.assertEqual(opened.shapes, [[2]])
        expected = np.stack([np.isin(CODES, (1, 2)).sum(1), (CODES == 0).sum(1)], axis=1)
        np.testing.assert_array_equal(client.run(CODES), expected)
        path, body = self.server.bodies[-1]
        self.assertEqual((path, body["readout"], body["prediction_tasks"]), ("/predict", "point", TASKS))

    def test_tracks_are_those_of_the_service(self):
        client = Client(net=self.game("track"))
        self.assertEqual(client.open().shapes, [[2, 8]])
        found = client.run(CODES).reshape(10, 2, 8)
        np.testing.assert_array_equal(found[:, 0], np.isin(CODES, (1, 2)))
        np.testing.assert_array_equal(found[:, 1], CODES == 0)

    def test_unknown_bases_are_sent_as_n(self):
        codes = CODES.copy()
        codes[0, :3] = 4
        self.game()(one_hot(codes))
        self.assertTrue(self.server.bodies[-1][1]["sequences"]["s0"].startswith("NNN"))
        self.assertEqual(sequences(one_hot(np.array([[0, 1, 2, 3, 4]]))), ["ACGTN"])

    def test_a_busy_service_is_asked_again(self):
        self.server.failures = [503, 429, 500]
        np.testing.assert_array_equal(self.game()(one_hot(CODES))[:, 1], (CODES == 0).sum(1))
        self.assertEqual(len(self.pauses), 3)
        self.assertLess(self.pauses[0], self.pauses[2])

    def test_a_refusal_is_not_asked_again(self):
        self.server.failures = [400]
        with self.assertRaises(GameError) as raised:
            self.game()(one_hot(CODES))
        self.assertIn("status 400", str(raised.exception))
        self.assertEqual((len(self.server.bodies), self.pauses), (1, []))

    def test_a_service_that_stays_busy_is_a_diagnosis(self):
        client = Client(net=self.game(retries=2))
        client.open()
        self.server.failures = [503] * 9
        failed = client.run(CODES)
        self.assertEqual(failed.code, "E0604")
        self.assertIn("status 503", failed.message)
        self.assertEqual(len(self.server.failures), 6)

    def test_a_sequence_that_is_left_out_is_an_error(self):
        self.server.leaves_out = True
        with self.assertRaises(GameError):
            self.game()(one_hot(CODES))

    def test_the_cap_on_calls_holds(self):
        game = self.game(max_calls=3)
        client = Client(net=game)
        client.open(batch=1)
        failed = client.run(CODES)
        self.assertIn("TooManyCalls", failed.message)
        self.assertIn("max_calls", failed.message)
        # One of them asked what the service is.
        self.assertEqual(len(self.server.bodies), 2)
        with self.assertRaises(TooManyCalls):
            game(one_hot(CODES))

    def test_the_version_of_the_service_identifies_it(self):
        identity = lambda: Client(net=self.game()).open().identity.sha256  # noqa: E731
        one = identity()
        self.assertEqual(one, identity())
        self.server.version = "2"
        self.assertNotEqual(one, identity())


class CallsTest(unittest.TestCase):
    def test_the_rate_is_kept(self):
        now = [0.0]
        made = []

        def sleep(seconds):
            now[0] += seconds

        calls = Calls(100, per_minute=10, clock=lambda: now[0], sleep=sleep)
        for _ in range(35):
            now[0] += 0.5
            calls.call(lambda: made.append(now[0]))
        for at in made:
            self.assertLessEqual(sum(at <= other < at + 60.0 for other in made), 10)
        self.assertLess(made[-1], 200.0)

    def test_a_service_may_say_when_to_come_back(self):
        slept = []
        answers = [Temporary("busy", 90.0), Temporary("busy")]

        def function():
            if answers:
                raise answers.pop(0)
            return 7

        self.assertEqual(Calls(10, sleep=slept.append).call(function), 7)
        self.assertEqual(slept[0], 90.0)
        self.assertLess(slept[1], 5.0)


class Answer:
    """What the client of AlphaGenome returns, as far as it is read."""

    def __init__(self, values):
        self.dnase = type("Tracks", (), {"values": values})()


class AlphaGenomeTest(unittest.TestCase):
    def test_it_is_asked_for_each_sequence_and_retried(self):
        class Status:
            name = "RESOURCE_EXHAUSTED"

        class Exhausted(Exception):
            def code(self):
                return Status

        asked = []

        class Stub:
            def predict_sequence(self, *, sequence, requested_outputs, ontology_terms):
                asked.append((sequence, requested_outputs, ontology_terms))
                if len(asked) == 2:
                    raise Exhausted("quota")
                places = np.array([[letter == "G", letter == "C"] for letter in sequence], np.float32)
                return Answer(places)

        class Output:
            name = "DNASE"

        net = AlphaGenome(Stub(), Output, ["EFO:0002067"], max_calls=30, version="1")
        net.calls.sleep = lambda seconds: None
        client = Client(net=net)
        self.assertEqual(client.open().shapes, [[8, 2]])
        found = client.run(CODES).reshape(10, 8, 2)
        np.testing.assert_array_equal(found[..., 0], CODES == 2)
        np.testing.assert_array_equal(found[..., 1], CODES == 1)
        self.assertEqual(asked[0][1:], ([Output], ["EFO:0002067"]))

    def test_other_errors_are_not_retried(self):
        class Stub:
            def predict_sequence(self, **_):
                raise PermissionError("no key")

        net = AlphaGenome(Stub(), "DNASE", [], max_calls=30)
        with self.assertRaises(PermissionError):
            net(one_hot(CODES))
        self.assertEqual(net.calls.made, 1)


if __name__ == "__main__":
    unittest.main()
