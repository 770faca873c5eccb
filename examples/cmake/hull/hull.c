/* Andrew's monotone chain: sort by x, then walk along the lower side and back along the upper one. */

#include "hull.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    const point_t *a = left, *b = right;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return (a->y > b->y) - (a->y < b->y);
}

/* Positive if the way from a by b to c turns left. */
static double turn(point_t a, point_t b, point_t c)
{
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

int convex_hull(point_t *points, size_t *number)
{
    size_t count = *number, size = 0, lower;
    point_t *hull;

    if (count < 2)
        return 0;
    qsort(points, count, sizeof *points, compare);
    hull = calloc(count, 2 * sizeof *hull);    /* each point is on both sides at most */
    if (hull == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare(&points[i - 1], &points[i]) == 0)
            continue;
        while (size >= 2 && turn(hull[size - 2], hull[size - 1], points[i]) <= 0)
            size--;
        hull[size++] = points[i];
    }
    lower = size + 1;
    for (size_t i = count - 1; i-- > 0;) {
        while (size >= lower && turn(hull[size - 2], hull[size - 1], points[i]) <= 0)
            size--;
        hull[size++] = points[i];
    }
    *number = size - 1;    /* the last one is the first one again */
    memcpy(points, hull, *number * sizeof *points);
    free(hull);
    return 0;
}

double hull_area(const point_t *hull, size_t count)
{
    double twice = 0;

    for (size_t i = 0; i < count; i++) {
        point_t a = hull[i], b = hull[(i + 1) % count];
        twice += a.x * b.y - b.x * a.y;
    }
    return twice / 2;
}
