"""The convex hull of points in the plane, by a C library."""

from convexhull._hull import ffi, lib


class Hull:
    """The hull of points, which are pairs of numbers.

    corners: those of the points that are its corners, counter-clockwise.
    area: the area within.
    """

    def __init__(self, points):
        array = ffi.new("point_t[]", list(points))
        number = ffi.new("size_t *", len(array))
        if lib.convex_hull(array, number) != 0:
            raise MemoryError
        self.corners = [(point.x, point.y) for point in array[0 : number[0]]]
        self.area = lib.hull_area(array, number[0])
