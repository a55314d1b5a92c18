"""One page about everything: packages, groups, drift, and what is left over. For `lockstep report`.

I/O: only `gathering` reads, through the Reader it is given; `page` reads the templates that ship with the package.

    gathering   services -> facts          facts      what was read, frozen
    linked      which packages give which groups, and how each of them fares
    listing     the tables                 leftovers  what belongs to nothing any more
    rules       modes and budgets in force picture    packages -> groups as lines and boxes
    page        all of it as one HTML text
"""
