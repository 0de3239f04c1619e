"""A cache of objects by their ids, as clients of Apollo and Relay have one: each answer is merged into it as it is."""

from typing import Any

Objects = dict[str, dict[str, Any]]


class Cache:
    """The objects that answers held, by id, each with the fields that were told last."""

    def __init__(self) -> None:
        self.objects: Objects = {}

    def merge(self, answer: Any) -> None:
        """Takes all objects of an answer in."""
        self._kept(answer)

    def _kept(self, value: Any) -> Any:
        """Returns the value with a reference in the place of each object that has an id."""
        match value:
            case list():
                return [self._kept(each) for each in value]
            case dict():
                fields = {name: self._kept(each) for name, each in value.items()}
                if "edges" in fields:
                    return "a page"  # Which objects are on it is for the client to keep.
                if "id" not in fields:
                    return fields
                self.objects.setdefault(fields["id"], {}).update(fields)
                return {"ref": fields["id"]}
        return value
