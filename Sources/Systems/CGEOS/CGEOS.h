// GEOS, the library behind PostGIS: only what is re-entrant, so that nothing shares a hidden context.
#pragma once

#define GEOS_USE_ONLY_R_API
#include <geos_c.h>

#if GEOS_VERSION_MAJOR < 3 || (GEOS_VERSION_MAJOR == 3 && GEOS_VERSION_MINOR < 10)
#error "GEOS 3.10 or newer is needed: Debian 12 and Ubuntu 22.04 have it as libgeos-dev"
#endif
