"""A file of CA certificates: the faults that would break the app on AWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.images.inspect.ca_bundle import problem

PATH = "/etc/ssl/certs/ca-certificates.crt"


def ca(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def test_the_systems_file_is_right_whatever_its_comments_say() -> None:
    comment = "# Főtanúsítvány\n".encode()
    assert problem(PATH, comment + ca("Other Root") + ca("Amazon Root CA 1")) == ""


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, f"the image has no CA certificates at {PATH}"),
        (b"no PEM", f"the image has no CA certificates at {PATH}"),
        (ca("Amazon RDS us-east-1 Root CA RSA2048 G1"), "not RDS's bundle (Amazon RDS us-east"),
    ],
)
def test_a_file_that_would_not_do_on_aws(content: bytes | None, cause: str) -> None:
    assert cause in problem(PATH, content)
