"""Checks this archive: python3 verify.py, in the folder it was unpacked in. Needs nothing else.

Every file against SHA256SUMS, every sealed manifest against its sha256 in the audit excerpt, and
the chain of the excerpt from its first record to its last.
"""

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def check_files() -> list[str]:
    """Return what is wrong with the files."""
    wrong = []
    for line in (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition("  ")
        path = HERE / name
        if not path.is_file():
            wrong.append(f"{name}: missing / 缺失")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            wrong.append(f"{name}: changed / 已被改动")
    return wrong


def check_chain() -> list[str]:
    """Return what is wrong with the excerpt of the audit log."""
    first, *lines = (HERE / "audit.txt").read_text(encoding="utf-8").splitlines()
    start, before = first.split()
    seq, wrong, told = int(start), [], ""
    for line in lines:
        number, found, digest, *record = line.split(" ", 3)
        seq += 1
        if record and hashlib.sha256(record[0].encode()).hexdigest() != digest:
            wrong.append(f"audit record {number}: changed / 审计记录已被改动")
        if int(number) != seq or hashlib.sha256((before + digest).encode()).hexdigest() != found:
            wrong.append(f"audit record {number}: not in the chain / 审计记录断链")
        before, seq = found, int(number)
        told += record[0] if record else ""
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    if manifest["audit_head"] != {"seq": seq, "hash": before}:
        wrong.append("audit.txt: another end than manifest.json says / 审计链末端不符")
    for seal in manifest["seals"]:
        if seal["sha256"] not in told:
            wrong.append(f"{seal['name']}: not in the audit log / 审计日志中没有该清单")
        if hashlib.sha256((HERE / seal["name"]).read_bytes()).hexdigest() != seal["sha256"]:
            wrong.append(f"{seal['name']}: changed / 已被改动")
    return wrong


def say(text: str) -> None:
    """Write a line, whatever alphabet the terminal knows."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.buffer.write((text + "\n").encode(encoding, "replace"))


def main() -> int:
    """Say what is wrong; return 1 if anything is."""
    wrong = check_files() + check_chain()
    for line in wrong:
        say(line)
    if wrong:
        say("NOT GENUINE / 校验未通过")
        return 1
    seq, found, *_ = (HERE / "audit.txt").read_text(encoding="utf-8").splitlines()[-1].split()
    say("All files are as they were exported / 校验通过")
    say(f"Audit head / 审计链末端: {seq}:{found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
