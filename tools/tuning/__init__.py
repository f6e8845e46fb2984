"""Hyperparameter search: an optuna study whose trials are training jobs, several at once, the same here and on AWS."""
