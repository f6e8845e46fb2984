"""What is declared. Data flows one way: stack file -> settings -> stack -> components -> outputs."""
