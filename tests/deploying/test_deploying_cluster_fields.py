"""Fields of objects as conflicts name them, left out of what is applied."""

from typing import Any

import pytest

from bot.actions.deploying.cluster.fields import NoSuchField, without

POD: dict[str, Any] = {
    "metadata": {"name": "web", "labels": {"app": "web", "app.acme.example/tier": "1"}, "finalizers": ["a", "b"]},
    "spec": {
        "containers": [
            {"name": "app", "image": "x", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}]},
            {"name": 'odd "]', "image": "y"},
        ]
    },
}


@pytest.mark.parametrize(
    ("field", "place", "left"),
    [
        ("metadata.labels.app", ("metadata", "labels"), {"app.acme.example/tier": "1"}),
        ("metadata.labels.app.acme.example/tier", ("metadata", "labels"), {"app": "web"}),
        ('metadata.finalizers[="a"]', ("metadata", "finalizers"), ["b"]),
        ('spec.containers[name="app"].image', ("spec", "containers", 0, "name"), "app"),
        (r'spec.containers[name="odd \"]"].image', ("spec", "containers", 1), {"name": 'odd "]'}),
        (
            'spec.containers[name="app"].ports[containerPort=80,protocol="TCP"].name',
            ("spec", "containers", 0, "ports", 0),
            {"containerPort": 80},
        ),
        ('spec.containers[name="app"]', ("spec", "containers", 0), POD["spec"]["containers"][1]),
        ("spec.containers", (), {"metadata": POD["metadata"]}),
    ],
)
def test_a_field_is_left_out_and_what_is_empty_then(field: str, place: tuple[str | int, ...], left: object) -> None:
    found: Any = without(POD, field)
    for step in place:
        found = found[step]
    assert found == left
    assert POD["spec"]["containers"][0]["image"] == "x", "the manifest itself stays"
    with pytest.raises(NoSuchField):
        without(without(POD, field), field)


@pytest.mark.parametrize(
    "field",
    ["", "spec.replicas", "spec.containers[0]", 'spec.containers[name="none"]', "spec.containers[", "metadata.name.x"],
)
def test_what_it_does_not_have_is_told(field: str) -> None:
    with pytest.raises(NoSuchField):
        without(POD, field)
