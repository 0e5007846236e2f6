"""What happens around a training: jobs and their logs, resuming, parameters that a batch leaves unused."""
