"""All cases of `conformance/` on servers of our own and of others."""
