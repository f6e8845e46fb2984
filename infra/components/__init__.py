"""Import paths that are written in the states of earlier releases. New code goes to the capability folders."""
