"""The noise along a training loop of one's own: any optimiser, any schedule."""

from __future__ import annotations

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.gradients.noise_strength import NoiseStrength
from nn_bridge.measurements.noise import noise_provenance, with_alignment
from nn_bridge.measurements.noise_series import NoiseMeter, NoiseSeries
from nn_bridge.measurements.noise_settings import NoiseSettings, choose_noise
from nn_bridge.measurements.noise_tables import NoiseMeasurement
from nn_bridge.training.beginning import UNKNOWN
from nn_bridge.training.problem import check_problem
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import SgdSettings, require_batch


class NoiseRecord:
    """Loss and noise strength whenever :meth:`record` is called.

    Parameters
    ----------
    network : torch.nn.Module
        The one that the loop trains; recording does not change it.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
        All ``N`` samples.
    sgd : SgdSettings
        ``η`` and ``B`` of the loop, for titles and the mini-batch estimator; loss and seed.
    settings : NoiseSettings
        Its ``epochs`` are not used: the loop decides.

    Raises
    ------
    InputError
        As :func:`~nn_bridge.measurements.noise.measure_noise` does.

    Examples
    --------
    >>> import torch
    >>> data = torch.linspace(-1, 1, 20)[:, None], torch.linspace(-1, 1, 20)[:, None]
    >>> network = torch.nn.Linear(1, 1)
    >>> noise = NoiseRecord(network, data, SgdSettings(0.1, 20))
    >>> optimiser = torch.optim.Adam(network.parameters())
    >>> for _ in range(3):
    ...     optimiser.zero_grad()
    ...     torch.nn.functional.mse_loss(network(data[0]), data[1]).backward()
    ...     _ = optimiser.step()
    ...     _ = noise.record()
    >>> noise.measurement().table("noise")["epoch"].tolist()
    [0, 1, 2]
    """

    def __init__(
        self,
        network: nn.Module,
        data: AnyData,
        sgd: SgdSettings,
        settings: NoiseSettings = NoiseSettings(),  # noqa: B008 (frozen)
    ) -> None:
        self._dataset, self._sgd = as_dataset(data), sgd
        self._network = network = taking_one_tensor(network, self._dataset)
        check_problem(network, self._dataset, sgd.loss)
        require_batch(sgd, self._dataset)
        self._chosen = choose_noise(network, self._dataset, settings)
        self._series = NoiseSeries()
        self._meter = NoiseMeter(network, self._dataset, sgd, self._chosen.method, self._series)

    def record(self) -> NoiseStrength:
        """Measure at the network's weights as they are, and return it.

        Raises
        ------
        InputError
            If the network is in training mode with layers that make its loss no function of the
            weights, or the loss is not finite.
        """
        check_problem(self._network, self._dataset, self._sgd.loss)
        return self._meter.record(len(self._series.epochs))

    def measurement(self) -> NoiseMeasurement:
        """Return what was recorded, with its fits, and the alignment at the last weights.

        Its column "epoch" counts the records.

        Raises
        ------
        InputError
            If nothing was recorded.
        """
        if not self._series.points:
            raise InputError("nothing was recorded; call record() in the loop")
        found = NoiseMeasurement(
            series=self._series,
            window=self._chosen.window,
            alignment_samples=self._chosen.alignment_samples,
            first_epoch=0,
            sgd=self._sgd,
            origin=UNKNOWN,
            provenance=noise_provenance(self._dataset, self._sgd, self._chosen, UNKNOWN),
        )
        return with_alignment(found, self._network, self._dataset)
