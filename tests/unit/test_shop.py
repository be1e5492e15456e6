"""Files that look like what they are, in exactly the size that is asked for."""

from __future__ import annotations

from harness import shop


def test_files_have_the_size_and_the_signature_of_their_type() -> None:
    for size in (2000, shop.LARGEST_BYTES, shop.LARGEST_BYTES + 1):
        image = shop.jpeg(size)
        assert len(image) == size
        assert image.startswith(b"\xff\xd8\xff\xe0")
        assert image.endswith(b"\xff\xd9")
    plan = shop.pdf(3000)
    assert len(plan) == 3000
    assert plan.startswith(b"%PDF-")
    assert plan.endswith(b"%%EOF\n")


def test_another_seed_makes_another_file() -> None:
    assert shop.jpeg(2000, seed=b"a") != shop.jpeg(2000, seed=b"b")
    assert shop.pdf(2000, seed=b"a") != shop.pdf(2000, seed=b"b")
