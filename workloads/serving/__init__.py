"""A trained model as an HTTP endpoint under SageMaker's inference contract."""
