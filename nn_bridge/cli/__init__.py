"""The command ``nn-bridge``: parse, call, print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from landscape_sim.console.document import print_result
from landscape_sim.console.exit_codes import INTERRUPTED
from landscape_sim.validation import InputError
from nn_bridge.cli.measurements import crosscheck, decoupling, escape, noise
from nn_bridge.cli.options import (
    BatchSizeOption,
    DataDirOption,
    DeviceOption,
    GhostBatchOption,
    JsonOption,
    LearningRateOption,
    LossOption,
    NetworkOption,
    OutOption,
    SamplesOption,
    SeedOption,
    UnofficialOption,
    WidthOption,
    read_epochs,
)

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"nn-bridge {version('landscape-sim')}")
        except PackageNotFoundError:
            typer.echo("nn-bridge, from a checkout that is not installed")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def nn_bridge(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Test the power-law escape rate of SGD on real networks.

    Train a network of the paper, then measure from its checkpoints. Data are read from
    --data-dir or the directory in NN_BRIDGE_DATA and downloaded where they are absent.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def train(
    dataset: Annotated[
        str | None, typer.Argument(help="mnist-parity, fashion-mnist or cifar-10.")
    ] = None,
    network: NetworkOption = None,
    width: WidthOption = None,
    ghost_batch_size: GhostBatchOption = None,
    samples: SamplesOption = None,
    learning_rate: LearningRateOption = None,
    batch_size: BatchSizeOption = None,
    loss: LossOption = None,
    epochs: Annotated[
        int | None, typer.Option(min=0, help="Epochs in all. [default: 500 or 100]")
    ] = None,
    checkpoints: Annotated[
        str | None,
        typer.Option(help="Epochs to keep. [default: 0,50,500; the last one always]"),
    ] = None,
    seed: SeedOption = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Continue the run in this folder; --epochs may extend it."),
    ] = None,
    data_dir: DataDirOption = None,
    allow_unofficial: UnofficialOption = False,
    device: DeviceOption = "cpu",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a network by plain SGD and keep checkpoints to measure from.

    Defaults are the paper's: the first 10,000 samples of mnist-parity with mlp-100 and η = 0.01;
    fashion-mnist with fc and 0.1; cifar-10 with cnn and 0.05. A run that was stopped is
    continued by --resume with the same result as if it had not been.
    """
    from nn_bridge.cli.beginning import begin_from_scratch, plan_training
    from nn_bridge.cli.train import resume_training, run_training

    given: dict[str, Any] = {
        "network": network,
        "width": width,
        "ghost_batch_size": ghost_batch_size,
        "samples": samples,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "loss": loss,
        "seed": seed,
        "keep": read_epochs("--checkpoints", checkpoints),
    }
    if resume is not None:
        refused = [name for name, value in given.items() if value is not None]
        if dataset is not None or out is not None or refused:
            raise InputError(
                "--resume takes the settings of its folder; leave out all others but --epochs, "
                "--data-dir, --device and --json"
            )
        document = resume_training(resume, epochs, data_dir, device)
    else:
        if dataset is None:
            raise InputError("name a data set, e.g. nn-bridge train mnist-parity")
        plan = plan_training(dataset, {**given, "epochs": epochs})
        beginning = begin_from_scratch(plan, data_dir, allow_unofficial, device)
        document = run_training(plan, beginning, out)
    print_result(document, as_json, "nn-bridge")


@app.command()
def curvature(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of nn-bridge train.")],
    eigenvalues: Annotated[int, typer.Option(min=2, help="Largest eigenvalues to compute.")] = 40,
    samples: SamplesOption = None,
    probes: Annotated[
        int, typer.Option(min=2, help="Random vectors for the density and the traces.")
    ] = 4,
    steps: Annotated[int, typer.Option(min=1, help="Lanczos steps for each of them.")] = 40,
    learning_rate: Annotated[
        float | None, typer.Option(help="η of the prediction. [default: the checkpoint's]")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="B of the prediction. [default: the checkpoint's]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of start and random vectors.")] = 0,
    data_dir: DataDirOption = None,
    device: DeviceOption = "cpu",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the Hessian's outliers at a checkpoint and what they predict.

    Largest eigenvalues of the Hessian and of the Gauss-Newton matrix, spectral density, the
    number n and size h* of the outliers by several rules, the critical dimension n_c, and
    the exponent B/(ηh*) + 1 - n/2 with the spread that the rules leave.
    """
    from nn_bridge.cli.curvature import measure_curvature

    document = measure_curvature(
        checkpoint,
        n_eigenvalues=eigenvalues,
        samples=samples,
        n_probes=probes,
        n_steps=steps,
        learning_rate=learning_rate,
        batch_size=batch_size,
        seed=seed,
        data_dir=data_dir,
        device=device,
        out=out,
    )
    print_result(document, as_json, "nn-bridge")


for _measurement in (decoupling, noise, escape, crosscheck):
    app.command()(_measurement)


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch could not allocate; on a CPU only the message says so."""
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and isinstance(error, torch.OutOfMemoryError)
    return on_gpu or "can't allocate memory" in str(error)


def _say_out_of_memory(error: BaseException) -> int:
    reason = str(error).splitlines()[0] if str(error) else "no more is free"
    typer.echo(
        f"nn-bridge: out of memory ({reason}); lower --samples, the width or the batch size",
        err=True,
    )
    return 2


def main() -> int:
    """Run the command line; bad input gives one line and exit code 2, Ctrl-C 130."""
    try:
        return app(prog_name="nn-bridge", standalone_mode=False) or 0
    except InputError as error:
        typer.echo(f"nn-bridge: {error}", err=True)
        return 2
    except MemoryError as error:
        return _say_out_of_memory(error)
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        return _say_out_of_memory(error)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "safetensors", "pooch"):
            raise
        typer.echo(f"nn-bridge: {error.name} is missing; pip install '.[nn]'", err=True)
        return 2
    except typer.TyperException as error:
        typer.echo(f"nn-bridge: {error.format_message()} (see nn-bridge --help)", err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("nn-bridge: interrupted", err=True)
        return INTERRUPTED
