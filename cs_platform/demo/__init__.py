"""The demo: a generated company whose customers have stories, a look-alike beside it, and a real book from public data.

`names` and `stories` say who there is and what happens to them, `company` turns that into rows, `loading` takes the rows
through the public doors. Later floors add their own rows from the same `Story`.
"""
