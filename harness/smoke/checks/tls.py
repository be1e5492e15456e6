"""Checks of the certificate and of TLS at the site's addresses."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID

from harness.smoke import handshake
from harness.smoke.result import Action, Result, green, red, warning
from harness.smoke.site import is_private

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

FEWEST_DAYS = 21
_EXPIRED, _NOT_YET, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
_OF_OTHER_CHECKS = (_NOT_YET, _WRONG_NAME, _WRONG_ADDRESS)
"""OpenSSL's X509_V_ERR_* of faults that have a check of their own."""
_WEAK = (66, 67, 68)
"""X509_V_ERR_EE_KEY_TOO_SMALL, _CA_KEY_TOO_SMALL and _CA_MD_TOO_WEAK."""
_SELF_SIGNED = (18, 19)
_OLD_VERSIONS = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}
_NEW_VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}


def connection(exam: Examination) -> Result:
    """Shake hands with each address of the site, as a browser that takes any of them."""
    failures = {}
    for endpoint in exam.endpoints:
        try:
            exam.shake(handshake.unverifying(), endpoint=endpoint)
        except OSError as error:
            failures[str(endpoint)] = _reason(error)
    source = f"TLS handshake with {', '.join(map(str, exam.endpoints))}"
    if not failures:
        return green(f"{len(exam.endpoints)} of {len(exam.endpoints)} addresses answer", source)
    return red(
        Action.ROLL_BACK,
        "; ".join(f"{endpoint}: {reason}" for endpoint, reason in failures.items()),
        source,
        _unreachable(exam),
    )


def _unreachable(exam: Examination) -> str:
    private = [endpoint.host for endpoint in exam.endpoints if is_private(endpoint.host)]
    if private:
        return (
            f"visitors cannot reach {', '.join(private)}, a private address: the record leads to a"
            " load balancer with Scheme internal"
        )
    return (
        "visitors who are led to this address get an error: check the load balancer's listener on"
        " 443 and its security group"
    )


def chain(exam: Examination) -> Result:
    """Verify the certificate's chain without fetching an intermediate, as PHP and curl do."""
    error = exam.chain_error
    source = f"TLS handshake with {exam.endpoint}, {exam.site.ca_file or 'roots of this machine'}"
    issuer = exam.handshake.certificate.issuer.rfc4514_string()
    code = getattr(error, "verify_code", 0)
    if error is None or _is_of_another_check(exam, code):
        return green(f"issued by {issuer}", source)
    if code == _EXPIRED:
        meaning = (
            "browsers show a warning page: an intermediate certificate, which the server sends, has"
            " expired; import the certificate again, with its issuer's present chain"
        )
    elif code in _WEAK:
        meaning = "browsers refuse an authority's certificate this weak: issue the certificate anew"
    elif code in _SELF_SIGNED:
        meaning = "browsers show a warning page: this certificate or its root is no authority's"
    else:
        meaning = (
            "the server does not send the intermediate certificate, or its root is unknown:"
            " some browsers fetch it, PHP, curl and phones do not; import the certificate again,"
            " with its chain"
        )
    return red(Action.ROLL_BACK, f"{_reason(error)}; issued by {issuer}", source, meaning)


def _is_of_another_check(exam: Examination, code: int) -> bool:
    """Return whether another check names the fault: it is the site's own certificate's."""
    certificate = exam.handshake.certificate
    if code == _EXPIRED:
        return certificate.not_valid_after_utc <= datetime.now(UTC)
    if code in _WEAK:
        return _is_weak(certificate)
    return code in _OF_OTHER_CHECKS


def certificate_name(exam: Examination) -> Result:
    """Compare the certificate's names with the host."""
    certificate = exam.handshake.certificate
    names = _names(certificate)
    source = f"subjectAltName of the certificate at {exam.endpoint}"
    if any(_covers(name, exam.site.host) for name in names):
        return green(", ".join(names), source)
    return red(
        Action.ROLL_BACK,
        f"{', '.join(names) or 'no name'}: not {exam.site.host}",
        source,
        "browsers show a warning page: the listener has another site's certificate",
    )


def days_left(exam: Examination) -> Result:
    """Count the days until the certificate expires."""
    certificate = exam.handshake.certificate
    now = datetime.now(UTC)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    days = (ends - now) // timedelta(days=1)
    source = f"the certificate at {exam.endpoint}"
    if ends <= now:
        meaning = "browsers show a warning page: renew the certificate"
        return red(Action.ROLL_BACK, f"expired on {ends:%Y-%m-%d}", source, meaning)
    if begins > now:
        return red(
            Action.WAIT,
            f"valid from {begins:%Y-%m-%d %H:%M} UTC on",
            source,
            "browsers show a warning page until then",
        )
    value = f"{days} days, until {ends:%Y-%m-%d}"
    if days < FEWEST_DAYS:
        return red(
            Action.MEND,
            value,
            source,
            f"fewer than {FEWEST_DAYS} days are left: ACM renews 60 days before the end, unless"
            " its validation record is missing from DNS",
        )
    return green(value, source)


def certificate_key(exam: Examination) -> Result:
    """Read the certificate's key and signature."""
    certificate = exam.handshake.certificate
    key = certificate.public_key()
    size = getattr(key, "key_size", 0)
    digest = certificate.signature_hash_algorithm
    kind = type(key).__name__.lstrip("_").removesuffix("PublicKey")
    value = f"{kind} {size or ''}, {digest.name if digest else 'no digest'}".replace(" ,", ",")
    source = f"the certificate at {exam.endpoint}"
    if _is_weak(certificate):
        is_refused = getattr(exam.chain_error, "verify_code", 0) in _WEAK
        action = Action.ROLL_BACK if is_refused else Action.MEND
        return red(action, value, source, "browsers refuse keys this weak: issue it anew")
    return green(value, source)


def _is_weak(certificate: x509.Certificate) -> bool:
    key, digest = certificate.public_key(), certificate.signature_hash_algorithm
    is_short = isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048
    return is_short or (digest is not None and digest.name in ("md5", "sha1"))


def versions(exam: Examination) -> Result:
    """Try each version of TLS alone."""
    source = f"one handshake for each version with {exam.endpoint}"
    unable = [name for name in _OLD_VERSIONS if not _is_able(name)]
    accepted = [
        name
        for name, version in {**_OLD_VERSIONS, **_NEW_VERSIONS}.items()
        if name not in unable and _accepts(exam, version)
    ]
    value = f"accepts {', '.join(accepted) or 'none'}"
    if unable:
        value += f"; not tried, as this machine lacks them: {', '.join(unable)}"
    old = [name for name in accepted if name in _OLD_VERSIONS]
    if old:
        return red(
            Action.MEND,
            value,
            source,
            f"{', '.join(old)} is broken: choose a security policy of the listener that ends at"
            " TLS 1.2, as ELBSecurityPolicy-TLS13-1-2-2021-06",
        )
    absent = [name for name in _NEW_VERSIONS if name not in accepted]
    if absent:
        return warning(
            value, source, f"{', '.join(absent)} is missing from the listener's security policy"
        )
    return green(value, source)


def forward_secrecy(exam: Examination) -> Result:
    """Read the cipher that TLS 1.2 agrees on."""
    try:
        answer = exam.shake(handshake.only(ssl.TLSVersion.TLSv1_2))
    except OSError:
        answer = exam.handshake
    source = f"{answer.version} handshake with {exam.endpoint}"
    has_it = answer.cipher.startswith(("TLS_", "ECDHE", "DHE"))
    if not has_it:
        meaning = "recorded traffic can be read once the key leaks: prefer ECDHE ciphers"
        return warning(answer.cipher, source, meaning)
    return green(answer.cipher, source)


def http_2(exam: Examination) -> Result:
    """Read the protocol that ALPN chose."""
    protocol = exam.handshake.protocol
    source = f"ALPN with {exam.endpoint}"
    if protocol != "h2":
        return warning(
            protocol or "none", source, "pages load slower without HTTP/2: routing.http2.enabled"
        )
    return green(protocol, source)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        )
    except x509.ExtensionNotFound:
        return []
    value = extension.value
    assert isinstance(value, x509.SubjectAlternativeName)  # noqa: S101 - narrows the type
    hosts: Iterable[str] = value.get_values_for_type(x509.DNSName)
    return [*hosts, *map(str, value.get_values_for_type(x509.IPAddress))]


def _covers(name: str, host: str) -> bool:
    """Compare as RFC 6125: a star stands for the whole first label."""
    name, host = name.lower(), host.lower()
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return name == host


def _accepts(exam: Examination, version: ssl.TLSVersion) -> bool:
    try:
        exam.shake(handshake.only(version))
    except OSError:
        return False
    return True


def _is_able(name: str) -> bool:
    return {"TLS 1.0": ssl.HAS_TLSv1, "TLS 1.1": ssl.HAS_TLSv1_1}.get(name, True)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, TimeoutError):
        return f"no answer within {handshake.TIMEOUT_S:g} s"
    return error.strerror or str(error)


CHECKS = (
    connection,
    chain,
    certificate_name,
    days_left,
    certificate_key,
    versions,
    forward_secrecy,
    http_2,
)
