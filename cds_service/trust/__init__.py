"""Who may call: the tokens by which EHRs prove themselves, the keys they are checked with, and replay."""
