"""A network in Python: the number of G and C, by numpy alone."""


def build():
    return lambda x: x[:, 1:3].sum(axis=(1, 2))[:, None]
