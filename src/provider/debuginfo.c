/* Debug info of a binary, of its own or in a separate file, opened by libdwfl. */
#include "provider/debuginfo.h"

#include "base/archive.h"

#include <unistd.h>

Dwfl *debuginfo_open(const struct provider_env *env, const char *path, Dwfl_Module **module)
{
	Dwfl_Callbacks *callbacks = arena_new_object(env->arena, Dwfl_Callbacks);
	char **directories = arena_new_object(env->arena, char *);
	uint64_t base;
	Dwfl *dwfl;
	int fd;

	*callbacks = (Dwfl_Callbacks){
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	if (env->debuginfo) {
		*directories = arena_strdup(env->arena, env->debuginfo);
		callbacks->debuginfo_path = directories;
	}
	dwfl = dwfl_begin(callbacks);
	if (!dwfl)
		return NULL;
	fd = archive_open(path, &base);
	dwfl_report_begin(dwfl);
	*module = fd < 0 ? NULL : dwfl_report_offline(dwfl, path, path, fd);
	dwfl_report_end(dwfl, NULL, NULL);
	if (*module)
		return dwfl;
	if (fd >= 0)
		close(fd);
	dwfl_end(dwfl);
	return NULL;
}
