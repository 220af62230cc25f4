"""What repositories are called by now. Their ids stay, but the addresses of pages and of Git are made of names."""

from bot.model.repository import Repository


class Names:
    """Of one host. Nothing is asked: deliveries tell, and the store knows what they told in a former life."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, repository: Repository) -> list[tuple[str, str]]:
        """This is its newest name. Whichever had it before is somewhere else: those come back, with the name that is no longer theirs."""
        lost = [(known, name) for known, name in self._names.items() if _lost(known, name, repository)]
        for known, _ in lost:
            del self._names[known]
        self._names[repository.id] = repository.full_name
        return lost

    def name(self, repository: Repository) -> str:
        return self._names.get(repository.id, repository.full_name)


def _lost(known: str, name: str, repository: Repository) -> bool:
    return name == repository.full_name and known != repository.id
