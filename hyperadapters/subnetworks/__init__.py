"""Language-specific subnetworks: which attention heads each language uses."""
