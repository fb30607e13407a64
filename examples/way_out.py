"""
The way out of a well
=====================

A curved valley with its minimum, its saddle and simulated escapes: loss on the left, and its
logarithm, which is what noise proportional to the loss feels, on the right.
"""

import landscape_sim as ls

entry = ls.from_catalogue("bent-channel")
escape = ls.Escape(entry.landscape, entry.start, entry.target, temperature=0.4)
pictures = ls.draw_pictures(escape, label="bent channel", n_paths=8, n_cells=100)
pictures.figures["landscape"].savefig("way_out.png")

# %%
# The committor: from each place, the probability of reaching the target before the well that
# was left.

pictures.figures["committor"].savefig("way_out_committor.png")
