"""Facts about AWS that settings are checked against: instance types and regions."""
