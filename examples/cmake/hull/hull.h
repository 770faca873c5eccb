/* The convex hull of points in the plane. */

#ifndef HULL_H
#define HULL_H

#include <stddef.h>

typedef struct {
    double x, y;
} point_t;

/* Puts the corners of the hull of `*number` points at the front of the array, counter-clockwise from the leftmost one (of several, the
   lowest), and their number into `*number`. Returns 0, or -1 if there is no memory. */
int convex_hull(point_t *points, size_t *number);

/* The area within such corners. */
double hull_area(const point_t *hull, size_t count);

#endif
