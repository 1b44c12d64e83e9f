"""The systems that a handout can serve: which wheels fit them, and what their markers say.

pip takes wheels for another system by their tags, but reads markers, such as
`sys_platform == 'win32'`, for the system that it runs on (pip's issue 11664).
"""

from dataclasses import dataclass

# djust needs glibc 2.34: Ubuntu 22.04, Debian 12, Fedora 35, and what is newer.
GLIBC_MINOR_VERSIONS = range(5, 35)


@dataclass(frozen=True)
class System:
    """`platforms` are values of pip's `--platform`; `markers` are variables of PEP 508."""

    title: str
    platforms: tuple[str, ...]
    markers: dict[str, str]


def _markers(sys_platform: str, system: str, os_name: str, machine: str) -> dict[str, str]:
    return {
        "sys_platform": sys_platform,
        "platform_system": system,
        "os_name": os_name,
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


SYSTEMS = {
    "linux": System(
        "Linux, x86-64, glibc 2.34 or newer",
        (
            *(f"manylinux{year}_x86_64" for year in ("1", "2010", "2014")),
            *(f"manylinux_2_{minor}_x86_64" for minor in GLIBC_MINOR_VERSIONS),
        ),
        _markers("linux", "Linux", "posix", "x86_64"),
    ),
    "macos-arm": System(
        "macOS 12 or newer, Apple processor",
        ("macosx_12_0_arm64",),
        _markers("darwin", "Darwin", "posix", "arm64"),
    ),
    "macos-intel": System(
        "macOS 12 or newer, Intel processor",
        ("macosx_12_0_x86_64",),
        _markers("darwin", "Darwin", "posix", "x86_64"),
    ),
    "windows": System(
        "Windows, x86-64",
        ("win_amd64",),
        _markers("win32", "Windows", "nt", "AMD64"),
    ),
}
