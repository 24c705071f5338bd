/* Between the files of the provider room that read debug info. */
#ifndef SONDE_PROVIDER_DEBUGINFO_H
#define SONDE_PROVIDER_DEBUGINFO_H

#include "provider/internal.h"

#include <elfutils/libdwfl.h>

/* NULL if the file cannot be read; dwfl_end() closes it. */
Dwfl *debuginfo_open(const struct provider_env *env, const char *path, Dwfl_Module **module);

#endif
