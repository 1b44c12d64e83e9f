"""A certificate for 127.0.0.1 that lasts as long as a benchmark."""

import subprocess
from pathlib import Path

from model import Certificate


def make(folder: Path) -> Certificate:
    """Write a certificate and its key into `folder`. Raises FileNotFoundError without openssl."""
    files = Certificate(folder / "certificate.pem", folder / "key.pem")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=benchmark"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    command += ["-keyout", str(files.key), "-out", str(files.certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return files
