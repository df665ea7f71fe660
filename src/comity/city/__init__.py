"""A seeded, synthetic, offline city for the demo, the tests and load: `comity.city.days`.

Nobody in it exists. Figures come from `figures.json`, names from `names`, the
people of the demo from `scenes`, the agencies and their keys from `cast`.
"""
