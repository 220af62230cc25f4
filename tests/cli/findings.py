"""What `penstock doctor` found, for the tests that read it."""


def the(found: dict[str, dict[str, str]], words: str) -> dict[str, str]:
    [one] = [each for what, each in found.items() if words in what]
    return one
