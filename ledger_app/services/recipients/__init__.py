"""Who has a certificate, and how every change of its standing reaches them."""
