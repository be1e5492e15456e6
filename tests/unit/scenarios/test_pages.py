"""Files that look like their types, in exactly the size that is asked for."""

from __future__ import annotations

from scenarios.tickets import pages


def test_files_have_the_size_and_the_signature_of_their_type() -> None:
    for size in (2000, pages.LARGEST_BYTES, pages.LARGEST_BYTES + 1):
        image = pages.jpeg(size)
        assert len(image) == size
        assert image.startswith(b"\xff\xd8\xff\xe0")
        assert image.endswith(b"\xff\xd9")
    plan = pages.pdf(3000)
    assert len(plan) == 3000
    assert plan.startswith(b"%PDF-")
    assert plan.endswith(b"%%EOF\n")


def test_another_seed_makes_another_file() -> None:
    assert pages.jpeg(2000, seed=b"a") != pages.jpeg(2000, seed=b"b")
    assert pages.pdf(2000, seed=b"a") != pages.pdf(2000, seed=b"b")
