"""Notes on parts of production that are not rehearsed."""

from __future__ import annotations

from harness.inputs import notes


def test_a_listener_that_forwards_by_rules_alone_is_noted() -> None:
    refused = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    forwarded = {"Type": "forward", "TargetGroupArn": "arn"}
    listeners = [
        {"Protocol": "HTTPS", "Port": 443, "DefaultActions": [refused]},
        {"Protocol": "HTTPS", "Port": 8443, "DefaultActions": [forwarded]},
        {"Protocol": "HTTP", "Port": 80, "DefaultActions": [{"Type": "redirect"}]},
    ]
    (note,) = notes.of_listeners({"Listeners": listeners})
    assert "the default action of the listener on port 443 is fixed-response" in note
    assert [*notes.of_listeners({})] == []
