"""Certificates by the thousand: a file comes in as pages, is judged row by row, and becomes batches."""
