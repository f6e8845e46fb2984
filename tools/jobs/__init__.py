"""Jobs: what one is (`spec`), how it lives (`life`), what came of it (`result`), and the places that run it (`runners`)."""
