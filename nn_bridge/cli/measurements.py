"""The commands that measure a network; parsed here, done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from landscape_sim.console.document import print_result
from landscape_sim.validation import InputError
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
    read_numbers,
    read_window,
)


def decoupling(
    checkpoints: Annotated[
        list[Path], typer.Argument(help="Checkpoints of one run of nn-bridge train.")
    ],
    samples: SamplesOption = None,
    data_dir: DataDirOption = None,
    device: DeviceOption = "cpu",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the spectra of (1/N) Σ ℓ_μ C_μ and L (1/N) Σ C_μ, the paper's Section 5.1.

    For networks with one output. Both come from the N x N Gram matrix of the gradients, in
    double precision: at N = 10,000 some two minutes a checkpoint and 3 GiB.
    """
    from nn_bridge.cli.decoupling import measure_decoupling

    document = measure_decoupling(
        checkpoints, samples=samples, data_dir=data_dir, device=device, out=out
    )
    print_result(document, as_json, "nn-bridge")


def noise(
    dataset: Annotated[
        str | None, typer.Argument(help="mnist-parity, fashion-mnist or cifar-10.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Go on from this checkpoint, on its data, instead of from scratch."),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training.")] = 50,
    network: NetworkOption = None,
    width: WidthOption = None,
    ghost_batch_size: GhostBatchOption = None,
    samples: SamplesOption = None,
    learning_rate: LearningRateOption = None,
    batch_size: BatchSizeOption = None,
    loss: LossOption = None,
    seed: SeedOption = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="layer-wise (exact), mini-batch or both. [default: mini-batch for cnn and ghost "
            "batches, else layer-wise]"
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(help="Fit over losses low:high only. [default: whole run and later stage]"),
    ] = None,
    alignment_samples: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Samples for the alignment of Σ with H at the end; 0: none. [default: 2000 over "
            "the number of outputs, as far as there are samples and memory]",
        ),
    ] = None,
    data_dir: DataDirOption = None,
    allow_unofficial: UnofficialOption = False,
    device: DeviceOption = "cpu",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure loss and noise strength at every epoch, the paper's Section 5.2.

    The noise strength is (1/N) Σ |∇ℓ_μ|² - |∇L|², exactly, or estimated from mini-batches. Fitted:
    its exponent in the loss, which the paper says is 1 in the later stage. A run starts from
    scratch, as nn-bridge train would, or goes on from a checkpoint.
    """
    from nn_bridge.cli.beginning import begin_at_checkpoint, begin_from_scratch, plan_training
    from nn_bridge.cli.noise import measure_noise

    given: dict[str, Any] = {
        "network": network,
        "width": width,
        "ghost_batch_size": ghost_batch_size,
        "samples": samples,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "loss": loss,
        "seed": seed,
    }
    bounds = read_window(window)
    if (dataset is None) == (checkpoint is None):
        raise InputError("give either a data set, or --checkpoint with its data")
    if checkpoint is not None:
        fixed = ("network", "width", "ghost_batch_size", "loss")
        if refused := [name for name in fixed if given[name] is not None]:
            raise InputError(f"{', '.join(refused)} are those of the checkpoint; leave them out")
        beginning = begin_at_checkpoint(checkpoint, given, data_dir, device)
    else:
        assert dataset is not None
        plan = plan_training(dataset, given)
        beginning = begin_from_scratch(plan, data_dir, allow_unofficial, device)
    document = measure_noise(
        beginning,
        epochs,
        method=method,
        window=bounds,
        n_alignment_samples=alignment_samples,
        out=out,
    )
    print_result(document, as_json, "nn-bridge")


def escape(
    checkpoint: Annotated[Path, typer.Argument(help="A converged checkpoint of nn-bridge train.")],
    learning_rate: Annotated[float, typer.Option(help="η of the replicas; below 2/h.")],
    batch_size: Annotated[int, typer.Option(min=1, help="B of the replicas.")],
    thresholds: Annotated[
        str, typer.Option(help="Values of c, in rising order.")
    ] = "1.5,2,2.5,3,4,5",
    replicas: Annotated[int, typer.Option(min=2, help="Runs of SGD, batched together.")] = 40,
    max_steps: Annotated[int, typer.Option(min=1, help="Steps after which to censor.")] = 2000,
    look_every: Annotated[int, typer.Option(min=1, help="Steps between looks at the loss.")] = 1,
    eigenvalues: Annotated[int, typer.Option(min=2, help="Of the Hessian, for n and h*.")] = 20,
    samples: SamplesOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every replica's batches.")] = 0,
    data_dir: DataDirOption = None,
    device: DeviceOption = "cpu",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how long SGD takes from a checkpoint until the full loss is c times as high.

    The clock starts at the checkpoint, whose loss is L*. Mean times t = ηk with intervals that
    assume no law unless replicas are censored, a test of exponential times, a bound on what
    looking every few steps adds, and the exponent in c beside B/(ηh*) + 1 - n/2 for n and h* by
    several rules. An extension of the paper.
    """
    from nn_bridge.cli.escape import measure_escape

    document = measure_escape(
        checkpoint,
        learning_rate=learning_rate,
        batch_size=batch_size,
        thresholds=read_numbers("--thresholds", thresholds),
        n_replicas=replicas,
        max_steps=max_steps,
        look_every=look_every,
        n_eigenvalues=eigenvalues,
        samples=samples,
        seed=seed,
        data_dir=data_dir,
        device=device,
        out=out,
    )
    print_result(document, as_json, "nn-bridge")


def crosscheck(
    result: Annotated[Path, typer.Argument(help="Results folder of nn-bridge escape.")],
    curvatures: Annotated[
        int, typer.Option(min=1, max=16, help="Eigenvalues in the anisotropic valley.")
    ] = 10,
    relative_error: Annotated[float, typer.Option(help="Accuracy of the simulations.")] = 0.03,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulations.")] = 0,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lay a network's first passages beside those of the valley that should explain them.

    For n and h* by every rule: the leading power law, the exact radial solution and a simulation
    of the quadratic valley with the network's L*, η and B; and a simulation of the valley with
    the measured eigenvalues, one by one.
    """
    from nn_bridge.cli.crosscheck import check_result

    document = check_result(
        result, n_curvatures=curvatures, relative_error=relative_error, seed=seed, out=out
    )
    print_result(document, as_json, "nn-bridge")
