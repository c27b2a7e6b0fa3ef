"""The town holds what the walkers count on; a walk through an empty house would find nothing."""

from procedures_catalog.enums import State


def test_procedures_stand_in_every_state(world):
    states = {
        world.draft.state,
        world.upcoming.state,
        world.effective.state,
        type(world.superseded).objects.get(pk=world.superseded.pk).state,
        world.abolished.state,
    }
    assert states == set(State)
    assert len(world.long.name) == 1094
