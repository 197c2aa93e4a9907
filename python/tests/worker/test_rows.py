"""Rows: patches are applied in order, and malformed payloads are refused."""

import unittest

from . import support

import numpy as np

from gia_lang.worker.rows import Rows, RowsError


def plainly(codes, patches):
    """Patches applied one after another."""
    codes = codes.copy()
    for row, of_row in enumerate(patches):
        for start, bases in of_row:
            codes[row, start:start + len(bases)] = bases
    return codes


class RowsTest(unittest.TestCase):
    def test_random_patches_are_applied_in_order(self):
        generator = np.random.default_rng(3)
        for trial in range(50):
            length = int(generator.integers(1, 30))
            codes = generator.integers(0, 5, (int(generator.integers(1, 12)), length), dtype=np.uint8)
            fixed = int(generator.integers(0, length + 1)) if trial % 2 else None
            patches = []
            for _ in codes:
                of_row = []
                for _ in range(generator.integers(0, 4)):
                    width = int(generator.integers(0, length + 1)) if fixed is None else fixed
                    start = int(generator.integers(0, length - width + 1))
                    of_row.append((start, generator.integers(0, 5, width).tolist()))
                patches.append(of_row)
            rows = Rows.read(support.rows_payload(codes, patches))
            expected = plainly(codes, patches)
            np.testing.assert_array_equal(rows.codes(0, len(rows)), expected)
            middle = len(codes) // 2
            np.testing.assert_array_equal(rows.codes(middle, len(rows)), expected[middle:])

    def test_malformed_payloads_are_refused(self):
        payload = support.rows_payload([[0, 1, 2], [3, 4, 0]], [[(0, [1])], [(1, [2, 2])]])
        Rows.read(payload)
        for end in range(len(payload)):
            with self.assertRaises(RowsError):
                Rows.read(payload[:end])
        with self.assertRaises(RowsError):
            Rows.read(payload + b"\0")
        for at, byte in [(32, 5), (38, 2), (len(payload) - 1, 9), (54, 3)]:
            changed = bytearray(payload)
            changed[at] = byte
            with self.assertRaises(RowsError, msg=f"byte {at}"):
                Rows.read(bytes(changed))

    def test_changed_bytes_are_valid_or_refused(self):
        payload = support.rows_payload([[0, 1, 2], [3, 4, 0]], [[(0, [1])], [(1, [2, 2])]])
        for at in range(len(payload)):
            for byte in range(0, 256, 5):
                changed = bytearray(payload)
                changed[at] = byte
                try:
                    rows = Rows.read(bytes(changed))
                except RowsError:
                    continue
                self.assertLessEqual(rows.codes(0, len(rows)).max(initial=0), 4)


if __name__ == "__main__":
    unittest.main()
