"""Encodings of inputs, against plain loops over bases."""

import unittest

from . import support
from .support import opening, requests

import numpy as np

from gia_lang.worker.encode import Encoder
from gia_lang.worker.failures import Failure

CODES = np.array([[0, 1, 2, 3, 4, 0], [3, 3, 2, 1, 0, 4]], np.uint8)


def encoded(inputs, codes=CODES, **given):
    return Encoder(opening(length=codes.shape[1], inputs=inputs, **given)).encode(codes)


def sequence(encoding, reverse_complement=False, part=None):
    return requests.SequenceInput(reverse_complement, part, encoding)


def reversed_complement(codes):
    return np.array([3, 2, 1, 0, 4], np.uint8)[codes[:, ::-1]]


class Encodings(unittest.TestCase):
    def test_one_hot_follows_the_order_of_channels(self):
        for channels in ([0, 1, 2, 3], [3, 0, 2, 1]):
            (found,) = encoded([sequence("OneHot")], channels=channels)
            for channel, code in enumerate(channels):
                np.testing.assert_array_equal(found[:, channel], CODES == code)
            (last,) = encoded([sequence("OneHot")], channels=channels, layout="ChannelsLast")
            np.testing.assert_array_equal(last.transpose(0, 2, 1), found)
            self.assertEqual(found.dtype, np.float32)
            self.assertTrue(found.flags.c_contiguous and last.flags.c_contiguous)

    def test_unknown_bases_are_zeros_or_quarters(self):
        (zeros,) = encoded([sequence("OneHot")])
        np.testing.assert_array_equal(zeros[0, :, 4], np.zeros(4))
        (quarter,) = encoded([sequence("OneHot")], unknown="Quarter")
        np.testing.assert_array_equal(quarter[0, :, 4], np.full(4, 0.25))

    def test_the_other_strand_and_parts(self):
        (found,) = encoded([sequence("OneHot", True)])
        np.testing.assert_array_equal(found, support.one_hot(reversed_complement(CODES)))
        part = requests.Part(1, 3)
        (found,) = encoded([sequence("OneHot", False, part)])
        np.testing.assert_array_equal(found, support.one_hot(CODES[:, 1:4]))
        (found,) = encoded([sequence("OneHot", True, part)])
        np.testing.assert_array_equal(found, support.one_hot(reversed_complement(CODES[:, 1:4])))

    def test_channels_of_every_kind(self):
        track = np.array([0.5, -1, 2, 0, 0, 7], np.float32)
        channels = [("Base", 2), "Unknown", ("Base", 0), ("Base", 1), ("Base", 3), ("Constant", 1.5), ("Track", track)]
        for layout in ("ChannelsFirst", "ChannelsLast"):
            (found,) = encoded([sequence(("Channels", channels))], layout=layout, channels=[0, 1, 3, 2])
            if layout == "ChannelsLast":
                found = found.transpose(0, 2, 1)
            np.testing.assert_array_equal(found[:, 0], CODES == 3)
            np.testing.assert_array_equal(found[:, 1], CODES == 4)
            np.testing.assert_array_equal(found[:, 4], CODES == 2)
            np.testing.assert_array_equal(found[:, 5], np.full(CODES.shape, 1.5))
            np.testing.assert_array_equal(found[:, 6], np.stack([track, track]))

    def test_constants_are_repeated_for_the_batch(self):
        one = requests.ConstantInput([2, 3], np.array([0.5], np.float32))
        many = requests.ConstantInput([2, 2], np.arange(4, dtype=np.float32))
        found = encoded([sequence("OneHot"), one, many])
        np.testing.assert_array_equal(found[1], np.full((2, 2, 3), 0.5))
        np.testing.assert_array_equal(found[2], np.stack([[[0, 1], [2, 3]]] * 2))

    def tokenizer(self, **given):
        plain = dict(k=1, step=1, words=[7, 8, 9, 10], unknown=11, start=[], end=[], bases=None, unknown_base=None)
        return sequence(("Tokens", requests.Tokenizer(**{**plain, **given})))

    def test_tokens_of_single_bases(self):
        (found,) = encoded([self.tokenizer(start=[0, 2], end=[1])])
        self.assertEqual(found.dtype, np.int64)
        self.assertEqual(found[0].tolist(), [0, 2, 7, 8, 9, 10, 11, 7, 1])

    def test_tokens_of_words_and_of_the_bases_left(self):
        words = list(range(100, 164))
        tokenizer = self.tokenizer(k=3, step=2, words=words, unknown=5, bases=[20, 21, 22, 23], unknown_base=24)
        (found,) = encoded([tokenizer])
        # Words begin at 0 and 2; one base is left. The second word of row 0 holds N, and so does the base left of row 1.
        word = lambda codes: 100 + 16 * codes[0] + 4 * codes[1] + codes[2]  # noqa: E731
        self.assertEqual(found[0].tolist(), [word([0, 1, 2]), 5, 20])
        self.assertEqual(found[1].tolist(), [word([3, 3, 2]), word([2, 1, 0]), 24])

    def test_digits_follow_the_alphabet(self):
        (found,) = encoded([self.tokenizer()], channels=[3, 2, 1, 0])
        self.assertEqual(found[0].tolist(), [10, 9, 8, 7, 11, 10])

    def test_unknown_bases_without_a_token_are_refused(self):
        with self.assertRaises(Failure) as raised:
            encoded([self.tokenizer(unknown=None)])
        self.assertEqual(raised.exception.code, "E0402")
        encoded([self.tokenizer(unknown=None)], np.minimum(CODES, 3))


if __name__ == "__main__":
    unittest.main()
