"""The demo: a generated company whose customers have stories, a look-alike beside it, and a real book from public data.

`stories` says who there is and what happens, `books` and `company` turn that into money, people and events, `files` into
what is imported, `tenants` names the companies and their people, `loading` takes it all through the public doors.
"""
