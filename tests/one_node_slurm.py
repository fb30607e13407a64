"""A real SLURM of one node on loopback, in a folder of its own, for the length of a block."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "squeue", "sinfo")
CONFIG = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
KillWait=5
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class NoSlurmError(Exception):
    """Why there is none here."""


@contextmanager
def one_node_slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Start one; yield what the environment of its commands needs.

    Raises
    ------
    NoSlurmError
        If it is not installed, or does not start.
    """
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        raise NoSlurmError(f"no {', '.join(missing)}; install slurm-wlm and munge")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    # The path of a socket has at most 108 characters, and all above must be closed to others.
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    controller, node = free_ports(2)
    config = CONFIG.format(
        host=socket.gethostname().split(".")[0],
        user=getpass.getuser(),
        folder=folder,
        controller_port=controller,
        node_port=node,
        cores=os.cpu_count(),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
    )
    (folder / "slurm.conf").write_text(config)
    environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}
    files = {"key": "key", "socket": "socket", "pid": "pid", "log": "log", "seed": "seed"}
    munge = [f"--{name}-file={folder}/munge.{end}" for name, end in files.items()]
    munge[1] = f"--socket={folder}/munge.socket"
    daemons = (["munged", "--foreground", "--force", *munge], ["slurmctld", "-D"], ["slurmd", "-D"])
    with ExitStack() as stack:
        for daemon in daemons:
            stack.enter_context(running(daemon, environment, folder))
        wait_for_idle_node(environment, folder)
        yield environment


@contextmanager
def running(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[None]:
    """Run a daemon in the foreground during the block."""
    with (folder / f"{command[0]}.out").open("w") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=out, stderr=subprocess.STDOUT
        )
    with process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for_idle_node(environment: dict[str, str], folder: Path, seconds: float = 60.0) -> None:
    """Wait until jobs can be run."""
    deadline = time.monotonic() + seconds
    while "idle" not in ask(environment, "sinfo", "--noheader", "--format=%t"):
        if time.monotonic() > deadline:
            said = [path.read_text()[-400:] for path in sorted(folder.glob("*.out"))]
            raise NoSlurmError(f"SLURM does not start: {' | '.join(said)}")
        time.sleep(0.5)


def ask(environment: dict[str, str], *command: str) -> str:
    """Return what a command of SLURM says."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    return done.stdout


def free_ports(n: int) -> list[int]:
    """Return ports of loopback that nobody uses."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
