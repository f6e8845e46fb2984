"""Training jobs of a stack that is up: what they are, starting one, following it, what came of it. The same here and on AWS."""
