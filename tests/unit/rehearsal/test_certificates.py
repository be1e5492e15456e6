"""The certificates of a stack: the load balancer's has each host that its rules name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cryptography import x509

from harness.inputs import production
from harness.rehearsal.plan import StackSecrets
from tests.project import copy_inputs

HOST = "tickets.876events.example"


def test_the_load_balancer_has_the_hosts_of_its_rules(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    files = production.load({}, cwd=tmp_path)
    hosts = [f"www.{HOST}", HOST, f"*.{HOST}"]
    condition = {"Field": "host-header", "HostHeaderConfig": {"Values": hosts}}
    redirect = {"Type": "redirect", "RedirectConfig": {"Host": HOST, "StatusCode": "HTTP_301"}}
    rule = {"Priority": 1, "Conditions": [condition], "Actions": [redirect]}
    https = next(
        listener for listener in files.load_balancer["Listeners"] if listener["Port"] == 443
    )
    balancer = {**files.load_balancer, "Listeners": [https], "Rules": [rule]}
    materials = StackSecrets.make(replace(files, load_balancer=balancer))
    pem, _key = materials.certificates.server("edge")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [HOST, f"www.{HOST}"]
