// GEOS's own calls without a context are left out: they share one, and are not safe from several threads.
#define GEOS_USE_ONLY_R_API 1
#include <geos_c.h>
