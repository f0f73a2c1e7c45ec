"""Applications for certificates: from an exporter's draft to the issuing body's act.

`record`: what an application holds and who may see it; `steps`: everything that is done with one; `reading`:
how it is shown; `files`: what is attached to it.
"""
