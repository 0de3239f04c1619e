"""The description of the schema, which tools show above everything else."""

from typing import Final

INTRODUCTION: Final = """\
Enfilade: media galleries and their meeting rooms.

**The first steps.** `viewer` is the user whom the token names. `galleries` lists the viewer's galleries, and `gallery` is one of them, with its \
media and members. `Gallery.room` is its meeting room: a manager switches it on with `configureRoom`. `enterRoom` launches a session, or joins \
the one that runs. `Room.activeSession` has the participants, the stage and what is shown. `Room.messages`, `Room.questions` and \
`Room.interactions` are what people say, ask and vote on.

**News.** `galleryEvents` tells what happens in a gallery, and `roomEvents` what happens in its room. To lose nothing, read the state together \
with its `cursor`, and subscribe `after` it. After a break, subscribe `after` the `cursor` of the last event that you processed.

**Lists.** A list that can grow is a connection: 25 nodes, or up to 100 with `first` or `last`. `pageInfo` has the cursors of its pages. They are \
not cursors of events.

**Errors.** A refused mutation has `userErrors`, each with a `code`, a `message` and the `field`, and has changed nothing. Everything else is a \
top-level error with `extensions.code`. To repeat a mutation safely, send the same `idempotencyKey`.

**More.** The description of `Mutation` lists the mutations by chapter. The folder `docs/` of the project has guides, and `examples/operations/` \
has a document for each operation."""
