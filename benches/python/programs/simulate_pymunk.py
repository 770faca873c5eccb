"""pymunk: a simulation in API mode, with callbacks, structs by value and arrays of structs.

The callbacks are those of collisions and of each body's velocity.
"""

from __future__ import annotations

import json
import time

import pymunk

STEPS = 200


class Simulation:
    """Balls and boxes that fall onto a slope."""

    def __init__(self) -> None:
        self.space = pymunk.Space()
        self.space.gravity = 0, -100
        slope = pymunk.Segment(self.space.static_body, (-100, 10), (100, -10), 2)
        slope.elasticity = 0.5
        self.space.add(slope)
        self.shapes: list[pymunk.Shape] = []
        for number in range(60):
            body = pymunk.Body(1, 10)
            body.position = (number % 10) * 6 - 30, 20 + (number // 10) * 6
            body.velocity_func = self.damp
            shape: pymunk.Shape
            if number % 2:
                shape = pymunk.Circle(body, 2)
            else:
                shape = pymunk.Poly.create_box(body, (4, 3))
            shape.elasticity = 0.4
            self.space.add(body, shape)
            self.shapes.append(shape)
        self.begun = self.touching = self.damped = 0
        self.space.on_collision(0, 0, begin=self.begin, pre_solve=self.touch)

    def damp(self, body: pymunk.Body, gravity: object, damping: float, dt: float) -> None:
        self.damped += 1
        pymunk.Body.update_velocity(body, gravity, damping, dt)

    def begin(self, arbiter: pymunk.Arbiter, space: pymunk.Space, data: object) -> None:
        self.begun += 1

    def touch(self, arbiter: pymunk.Arbiter, space: pymunk.Space, data: object) -> None:
        self.touching += len(arbiter.contact_point_set.points)

    def step(self) -> float:
        """One step; adds up where everything is."""
        self.space.step(0.01)
        total = 0.0
        for shape in self.shapes:
            position = shape.body.position
            total += position.x + position.y + shape.body.angle + shape.bb.left
            if isinstance(shape, pymunk.Poly):
                total += sum(vertex.x for vertex in shape.get_vertices())
        return total


def main() -> None:
    simulation = Simulation()
    start = time.perf_counter_ns()
    total = sum(simulation.step() for _ in range(STEPS))
    stop = time.perf_counter_ns()
    value = [total, simulation.begun, simulation.touching, simulation.damped]
    print(json.dumps({"nanoseconds": stop - start, "value": value}))


main()
