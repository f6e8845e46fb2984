"""The Pulumi engine: found or built, then run through the Automation API with our program inline."""
