"""pymunk: an API-mode module; callbacks by extern "Python", destructors of ffi.gc() in cycles."""

from __future__ import annotations

import copy
import gc
import pickle

import pymunk
from pymunk._chipmunk import ffi, lib
from support import raises


def falling() -> tuple[pymunk.Space, pymunk.Body]:
    space = pymunk.Space()
    space.gravity = 0, -10
    floor = pymunk.Segment(space.static_body, (-100, 0), (100, 0), 1)
    body = pymunk.Body(1, 1)
    body.position = 0, 20
    ball = pymunk.Circle(body, 2)
    space.add(floor, body, ball)
    return space, body


def check_the_module() -> None:
    assert ffi.string(lib.cpVersionString).count(b".") == 2
    assert ffi.sizeof("cpVect") == 16 and ffi.typeof("cpVect").kind == "struct"


def check_a_simulation() -> None:
    space, body = falling()
    for _ in range(1000):
        space.step(0.01)
    assert abs(body.position.y - 3) < 0.2 and abs(body.velocity.y) < 0.1


def check_callbacks() -> None:
    """Of collisions, of each step, of queries."""
    space, body = falling()
    events = []
    space.on_collision(0, 0, begin=lambda arbiter, space, data: events.append("begin"))
    speeds = []

    def velocity(body, gravity, damping, dt):
        speeds.append(dt)
        pymunk.Body.update_velocity(body, gravity, damping, dt)

    body.velocity_func = velocity
    for _ in range(300):
        space.step(0.01)
    assert events[0] == "begin" and len(speeds) == 300
    assert space.point_query_nearest(body.position, 1, pymunk.ShapeFilter()).shape is not None
    hit = space.segment_query((0, 50), (0, -50), 0.1, pymunk.ShapeFilter())
    assert len(hit) == 2


def check_structs_by_value() -> None:
    body = pymunk.Body(2, 3)
    body.position, body.angle = (1, 2), 0.5
    x, y = body.local_to_world((0, 0))
    assert (x, y) == (1, 2)
    assert body.world_to_local(body.local_to_world((3, 4))).get_distance((3, 4)) < 1e-9
    assert pymunk.moment_for_circle(2, 0, 3) == 9
    assert pymunk.Poly.create_box(body, (2, 4)).area == 8
    box = pymunk.BB(0, 0, 2, 3)
    assert box.area() == 6 and box.merge(pymunk.BB(1, 1, 5, 5)).right == 5


def check_copies_and_pickles() -> None:
    space, body = falling()
    for other in (space.copy(), pickle.loads(pickle.dumps(space)), copy.deepcopy(space)):
        assert next(iter(other.bodies)).position == body.position and len(other.shapes) == 2
        other.step(0.1)
    assert body.position == (0, 20)


def check_constraints() -> None:
    space, body = falling()
    joint = pymunk.PinJoint(body, space.static_body, (0, 0), (0, 30))
    seen = []
    joint.pre_solve = lambda constraint, space: seen.append(constraint)
    space.add(joint)
    for _ in range(100):
        space.step(0.01)
    assert seen and seen[0] is joint and abs(body.position.get_distance((0, 30)) - 10) < 0.1


def check_garbage_in_cycles() -> None:
    """Spaces, bodies, shapes and constraints refer to each other, and each is freed by ffi.gc()."""
    for number in range(100):
        space, body = falling()
        others = [pymunk.Body(1, 1) for _ in range(number % 5)]
        joints = [pymunk.PinJoint(body, other) for other in others]
        joints += [pymunk.PivotJoint(body, space.static_body, (0, 0))]
        space.add(*others, *joints)
        space.step(0.01)
        space.me, body.space_of_mine, body.joints = space, space, joints
        copied = pickle.loads(pickle.dumps(falling()[0]))
        copied.me = copied
        del space, body, others, joints, copied
        if number % 3 == 0:
            gc.collect()
    gc.collect()


def check_errors() -> None:
    space, body = falling()
    with raises(AssertionError):
        space.add(body)
