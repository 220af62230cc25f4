"""Where the host is reached: the links to its pages and to its repositories. Known only once the bot listens."""


class Address:
    def __init__(self, url: str = "") -> None:
        self.url = url.rstrip("/")

    @property
    def pages(self) -> str:
        return f"{self.url}/host/"

    def git(self, full_name: str) -> str:
        return f"{self.url}/git/{full_name}.git"

    def repository(self, full_name: str) -> str:
        return f"{self.url}/host/{full_name}"

    def pull_request(self, full_name: str, number: int | str) -> str:
        return f"{self.repository(full_name)}/pull/{number}"

    def commit(self, full_name: str, commit: str) -> str:
        return f"{self.repository(full_name)}/commit/{commit}"
