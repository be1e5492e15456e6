"""Output of the AWS CLI, as the inputs that make the same resources."""
