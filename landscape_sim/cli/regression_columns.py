"""The columns of the printed tables of SGD on data: heading and format of each."""

from __future__ import annotations

Columns = dict[str, tuple[str, str]]

STATIONARY: Columns = {
    "learning_rate": ("η", "g"),
    "batch_size": ("B", "d"),
    "predicted": ("1+B/(ηh*)", ".3f"),
    "exact": ("exact", ".3f"),
    "exact_error": ("± error", ".1g"),
    "fitted": ("fitted", ".3f"),
    "low": ("low", ".3f"),
    "high": ("high", ".3f"),
    "effective_samples": ("samples", ".0f"),
    "tail_gaussian": ("φ of the tail", ".3f"),
}
PASSAGES: Columns = {
    "dimension": ("d", "d"),
    "loss_ratio": ("c", "g"),
    "mean_time": ("mean time", ".4g"),
    "low": ("low", ".4g"),
    "high": ("high", ".4g"),
    "n_events": ("reached", "d"),
    "n_censored": ("censored", "d"),
    "variation": ("s.d./mean", ".2f"),
    "exact_chain": ("exact SGD", ".4g"),
    "exact_chain_error": ("± error", ".1g"),
    "radial_decoupled": ("radial, 2LH*/B", ".4g"),
    "radial_exact_noise": ("radial, exact Σ", ".4g"),
}
SLOPES: Columns = {
    "dimension": ("d", "d"),
    "predicted": ("B/(ηh*)+1−d/2", ".2f"),
    "exact_chain": ("exact SGD", ".2f"),
    "radial_decoupled": ("radial, 2LH*/B", ".2f"),
    "radial_exact_noise": ("radial, exact Σ", ".2f"),
    "fitted": ("fitted", ".2f"),
    "low": ("low", ".2f"),
    "high": ("high", ".2f"),
    "deviance": ("deviance", ".1f"),
    "degrees_of_freedom": ("d.o.f.", "d"),
    "p_value": ("p", ".1g"),
    "from_ratio": ("from c", "g"),
    "to_ratio": ("to c", "g"),
}
CHAIN: Columns = {
    "learning_rate": ("η", "g"),
    "batch_size": ("B", "d"),
    "label_noise": ("σ", "g"),
    "rate_sgd": ("(a) SGD", ".3e"),
    "n_runs": ("runs", "d"),
    "low": ("low", ".2e"),
    "high": ("high", ".2e"),
    "link_gaussian_noise": ("a/b Gauss", ".3g"),
    "link_gaussian_noise_low": ("low", ".3g"),
    "link_gaussian_noise_high": ("high", ".3g"),
    "link_small_learning_rate": ("b/c small η", ".3g"),
    "link_mean_gradient": ("c/c' ∇L∇Lᵀ", ".3g"),
    "link_decoupling": ("c'/d decoupl.", ".3g"),
    "link_kramers": ("d/e Kramers", ".3g"),
    "total": ("a/e", ".3g"),
}
