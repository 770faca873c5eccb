/* Client requests to callgrind, for worker.py to call: where counting begins, and where a count ends and gets its name. */

#include <valgrind/callgrind.h>

void begin(void)
{
    CALLGRIND_ZERO_STATS;
}

void end(const char *name)
{
    CALLGRIND_DUMP_STATS_AT(name);
}
