"""The Pulumi engine: how it is found or built, and run through the Automation API with our program inline."""
