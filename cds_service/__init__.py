"""Hip-Spine CDS as a web service: everything that touches the outside, and no clinical decision."""
