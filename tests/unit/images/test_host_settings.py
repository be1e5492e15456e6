"""The mirrors, indexes, proxies and authorities in the settings of pip, apt and the system."""

from __future__ import annotations

from pathlib import Path

from harness.images import debian_bases, host_settings
from harness.images.host_settings import BuildHost

TARGETS = """\
bookworm-security main http://mirror.example/debian-security/
bookworm contrib http://mirror.example/debian/
bookworm main http://mirror.example/debian/
bookworm-updates main http://mirror.example/debian/
"""


def test_pip_variables_win_and_local_paths_are_dropped() -> None:
    listing = (
        ":env:.index-url='https://user:word@index.example/simple'\n"
        "global.cert='/etc/company.pem'\n"
        "global.extra-index-url='file:///opt/simple https://more.example/simple'\n"
        "global.find-links='/opt/wheels'\n"
        "global.index-url='https://old.example/simple'\n"
        "install.trusted-host='index.example'\n"
    )
    assert host_settings.parse_pip(listing) == {
        "index-url": "https://user:word@index.example/simple",
        "extra-index-url": "https://more.example/simple",
        "trusted-host": "index.example",
        "cert": "/etc/company.pem",
    }


def test_pip_without_settings_is_nothing() -> None:
    assert host_settings.parse_pip("") == {}


def test_mirror_is_the_one_of_the_release_itself() -> None:
    mirror = host_settings.parse_mirror(TARGETS, codename="bookworm")
    assert mirror == "http://mirror.example/debian"
    assert host_settings.parse_mirror(TARGETS, codename="trixie") == ""


def test_mirror_list_of_a_cloud_image_is_followed(tmp_path: Path) -> None:
    listed = tmp_path / "debian.list"
    listed.write_text("# mirrors\nhttps://cloud.example/debian\n")
    mirror = host_settings.parse_mirror(f"trixie main mirror+file:{listed}", codename="trixie")
    assert mirror == "https://cloud.example/debian"


def test_only_debian_has_a_debian_mirror() -> None:
    assert host_settings.debian_codename('ID=debian\nVERSION_CODENAME="trixie"\n') == "trixie"
    assert host_settings.debian_codename("ID=ubuntu\nVERSION_CODENAME=noble\n") == ""
    assert host_settings.debian_codename("") == ""


def test_apt_settings_are_read() -> None:
    dump = 'APT "";\nAcquire::Check-Valid-Until "false";\nAcquire::http::Proxy "http://p:3142";\n'
    assert host_settings.parse_apt_config(dump) == {
        "APT": "",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::http::Proxy": "http://p:3142",
    }


def test_build_context_gets_all_files_even_without_settings() -> None:
    assert BuildHost().files() == {
        ".host/pip.conf": b"[global]\n",
        ".host/uv.toml": b"",
        ".host/ca.pem": b"",
    }


def test_pip_and_uv_are_told_the_same() -> None:
    host = BuildHost(
        pip={
            "index-url": "https://index.example/simple",
            "extra-index-url": "https://a.example/s https://b.example/s",
            "trusted-host": "index.example",
        },
        ca_pem=b"PEM",
    )
    files = host.files()
    assert files[".host/pip.conf"] == (
        b"[global]\nindex-url = https://index.example/simple\n"
        b"extra-index-url = https://a.example/s https://b.example/s\n"
        b"trusted-host = index.example\n"
    )
    assert files[".host/uv.toml"] == (
        b'index-url = "https://index.example/simple"\n'
        b'extra-index-url = ["https://a.example/s", "https://b.example/s"]\n'
        b'allow-insecure-host = ["index.example"]\n'
    )
    assert files[".host/ca.pem"] == b"PEM"


def test_proxies_go_under_the_names_that_docker_forgets() -> None:
    assert BuildHost(proxies={"http": "http://p:3128", "no": "localhost"}).build_args() == {
        "http_proxy": "http://p:3128",
        "HTTP_PROXY": "http://p:3128",
        "no_proxy": "localhost",
        "NO_PROXY": "localhost",
    }


def test_loopback_addresses_need_the_hosts_network() -> None:
    assert not BuildHost(apt_mirror="http://mirror.example/debian").needs_host_network()
    assert BuildHost(proxies={"http": "http://127.0.0.1:3128"}).needs_host_network()
    assert BuildHost(pip={"index-url": "http://localhost:3141/root"}).needs_host_network()


def test_base_is_made_from_the_machines_mirror_with_its_apt_settings() -> None:
    host = BuildHost(
        apt_mirror="http://mirror.example/debian", apt={"Acquire::Check-Valid-Until": "false"}
    )
    command = debian_bases.mmdebstrap_command("sid", archive=Path("/tmp/sid.tar"), host=host)
    assert command[0] == "mmdebstrap"
    assert '--aptopt=Acquire::Check-Valid-Until "false"' in command
    assert command[-3:] == ["sid", "/tmp/sid.tar", "http://mirror.example/debian"]
    assert not [part for part in command if "proxy" in part.lower()]


def test_base_is_made_from_mmdebstraps_own_mirror_elsewhere() -> None:
    command = debian_bases.mmdebstrap_command(
        "trixie", archive=Path("/tmp/t.tar"), host=BuildHost()
    )
    assert command[-2:] == ["trixie", "/tmp/t.tar"]


def test_base_for_an_https_mirror_knows_this_machines_authorities() -> None:
    host = BuildHost(apt_mirror="https://mirror.example/debian")
    command = debian_bases.mmdebstrap_command("trixie", archive=Path("/tmp/t.tar"), host=host)
    assert "--include=ca-certificates" in command
