"""Speed and memory of hyper-adapters against regular adapters and the backbone alone."""
