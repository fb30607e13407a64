"""The bridge from analytic landscapes to real networks.

``landscape_sim`` compares the power-law escape rate of SGD with exact solutions
and simulations on landscapes where everything is known. ``nn_bridge`` is the
place for the same estimators on networks trained on real data. Imports go one
way: it may use torch and, of ``landscape_sim``, the estimators, the results, the
comparison and the plots; ``landscape_sim`` never imports it.

Begin with :func:`nn_bridge.data.datasets.load_dataset`,
:func:`nn_bridge.training.networks.build_network` and
:func:`nn_bridge.training.sgd.train`, or with the command ``nn-bridge train``.
"""
