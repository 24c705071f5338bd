/*
 * What only a run could tell the value of: builtins and functions by the rows of src/lang, members
 * of the kernel's structs, arguments of probes. Their types are known.
 */
#include "lang/lang.h"
#include "tests/fuzz/generate.h"

#include <stdlib.h>
#include <string.h>

#define CALLS SONDE_FIXTURES "/calls"

/* What has a type that only it has: two of a row are of one type. */
static const struct other {
	struct shape shape;
	const char *text;
} others[] = {
	{{.kind = SHAPE_OTHER}, "kstack"},
	{{.kind = SHAPE_OTHER}, "kstack(3)"},
	{{.kind = SHAPE_OTHER}, "kstack(perf, 20)"},
	{{.kind = SHAPE_OTHER}, "ustack"},
	{{.kind = SHAPE_OTHER}, "ustack(perf, 7)"},
	{{.kind = SHAPE_OTHER}, "ustack(build_id)"},
	{{.kind = SHAPE_OTHER}, "dw_ustack"},
	{{.kind = SHAPE_OTHER}, "ksym(#i)"},
	{{.kind = SHAPE_OTHER}, "usym(#i)"},
	{{.kind = SHAPE_OTHER}, "ntop(#i)"},
	{{.kind = SHAPE_OTHER}, "ntop(pton(\"fe80::1\"))"},
	{{.kind = SHAPE_OTHER}, "macaddr(kptr((uint8 *)curtask))"},
	{{.kind = SHAPE_OTHER}, "buf(#s, 12)"},
	{{.kind = SHAPE_OTHER}, "buf(curtask, (#i) & 63)"},
	{{.kind = SHAPE_OTHER}, "curtask"},
	{{.kind = SHAPE_OTHER}, "curtask.parent"},
	{{.kind = SHAPE_OTHER}, "(uint32 *)(#i)"},
	{{.kind = SHAPE_OTHER}, "pton(\"10.1.2.3\")"},
	{{.kind = SHAPE_OTHER}, "kstack(raw, 4)"},
	{{.kind = SHAPE_OTHER}, "ustack(raw, 70)"},
	{{.kind = SHAPE_OTHER}, "username"},
	{{.kind = SHAPE_OTHER}, "cgroup_path(cgroup)"},
	{{.kind = SHAPE_OTHER}, "curtask.se.load"},
	{{.kind = SHAPE_OTHER}, "curtask.thread_info"},
	{{.kind = SHAPE_OTHER}, "curtask.signal.rlim[3]"},
};

struct leaf {
	const char *text; /* "#i", "#s": an integer, a text; "#v": the row's variable */
	const char *type; /* with "literal" behind it: of a value that sema may know */
};

static const struct leaf leaves[] = {
	{"curtask.pid", "int32"},
	{"curtask.comm", "string"},
	{"curtask->parent->comm", "string"},
	{"curtask.parent.parent.tgid", "int32"},
	{"curtask.se.vruntime", "uint64"},
	{"curtask.mm.mmap_base", "uint64"},
	{"curtask.files.fdt.max_fds", "uint32"},
	{"curtask.flags", "uint32"},
	{"curtask.in_execve", "uint32"},
	{"curtask.fs.pwd.dentry.d_name.len", "uint32"},
	{"str(curtask.fs.pwd.dentry.d_name.name)", "string"},
	{"str(curtask.comm)", "string"},
	{"str(#i)", "string literal"},
	{"str(#i, 5)", "string literal"},
	{"str(#i, (#i) & 127)", "string literal"},
	{"str(uptr(#i))", "string"},
	{"*(uint16 *)(#i)", "uint16"},
	{"*(kptr((int64 *)(#i)) + (#i))", "int64"},
	{"((int32 *)(#i))[#i]", "int32"},
	{"curtask.comm[(#i) & 15]", "int8"},
	/* known to sema, and not here: with cpu it has nothing to fold, which might overflow */
	{"(uint32)(sizeof(struct task_struct) + cpu)", "uint32"},
	{"(uint32)(offsetof(struct task_struct, comm) + cpu)", "uint32"},
	{"container_of(curtask, struct task_struct, thread_info).pid", "int32"},
	{"memcmp(comm, curtask.comm, 3)", "int32"},
	{"len(kstack)", "uint64"},
	{"len(ustack(perf, 4))", "uint64"},
	{"nsecs(monotonic)", "uint64"},
	{"nsecs(tai)", "uint64"},
	{"pid(init)", "uint32"},
	{"ppid(curtask.parent)", "int32"},
	{"comm[3]", "int8"},
	{"(uint64)curtask.signal.rlim[(#i) & 7].rlim_cur", "uint64"},
	{"curtask.signal.rlim[3].rlim_max", "uint64"},
	{"leader_comm(curtask)", "string"},
	{"pcomm(curtask.parent)", "string"},
	{"syscall_name((#i) & 255)", "string"},
	{"strerror(#i)", "string"},
	{"pid(curr_ns)", "uint32"},
	{"is_err(curtask)", "bool"},
	{"curtask.thread_info.flags", "uint64"},
	{"strlen(str(curtask.fs.pwd.dentry.d_name.name, 40))", "uint64"},
	{"((#i, #s, comm)).2", "string"},
	/* addresses, indexes and sizes that only a run tells */
	{"*(uint64 *)((uint64)curtask + ((#i) & 4095))", "uint64"},
	{"((struct task_struct *)((uint64)curtask + 8 * (rand & 7))).pid", "int32"},
	{"(*(struct task_struct **)((uint64)curtask + (#i))).tgid", "int32"},
	{"container_of((struct list_head *)((uint64)curtask + offsetof(struct task_struct, "
	 "tasks)), struct task_struct, tasks).tgid",
	 "int32"},
	{"({ let #v = (uint16 *)curtask; #v += #i; #v -= rand & 7; #v[#i] })", "uint16"},
	{"({ let #v = curtask.parent; let #vp = &#v; (**#vp).tgid })", "int32"},
	{"((uint8[8])(int64)(#i))[(#i) & 7]", "uint8"},
	{"({ let #v = (int16[4])(int64)(#i); #v[rand + (#i)] })", "int16"},
	{"((bool[2])(int16)(#i))[rand & 1]", "bool"},
	{"(bool)(curtask + (#i))", "bool"},
	{"(string[4])(#s)", "string literal"},
	{"strlen((string[3])(#s))", "uint64 literal"},
	{"comm[rand ^ (#i)]", "int8"},
	{"str(#i, 9)[rand]", "int8"},
	{"(1, (uint16)2, (uint32)(#i)).2", "uint32"},
	{"(a = #s, b = (int16)(#i)).b", "int16"},
	{"({ let #v = (int64)0; @found[(int64)(#i)] = (int64)(#i); find(@found, (int64)(#i), "
	 "#v) ? #v : 3 })",
	 "int64"},
	{"*(uint64 *)kaddr(\"vfs_read\")", "uint64"},
	{"typeinfo((#i, #s)).2", "string literal"},
};

struct probe_kind {
	const char *text;
	struct leaf leaves[6];
};

static const struct probe_kind probes[] = {
	{"self:signal:SIGUSR1", {{NULL, NULL}}},
	{"profile:hz:99", {{"reg(\"ip\")", "uint64"}}},
	{"profile:ms:7,software:page-faults:100", {{NULL, NULL}}},
	{"interval:ms:100", {{NULL, NULL}}},
	{"tracepoint:sched:sched_switch",
	 {{"args.prev_comm", "string"},
	  {"args.prev_pid", "int32"},
	  {"args.next_comm", "string"},
	  {"args->next_prio", "int32"},
	  {"args.prev_state", "int64"}}},
	{"tracepoint:sched:sched_process_exec",
	 {{"str(args.filename)", "string"}, {"args.pid", "int32"}}},
	{"tracepoint:syscalls:sys_enter_openat",
	 {{"str(args.filename)", "string"}, {"args.flags", "int32"}, {"args.dfd", "int32"}}},
	{"tracepoint:syscalls:sys_enter_execve", {{"str(args.filename)", "string"}}},
	{"tracepoint:syscalls:sys_*_getuid", {{"args.__syscall_nr", "int32"}}},
	{"tracepoint:syscalls:sys_exit_read,tracepoint:syscalls:sys_exit_write",
	 {{"args.ret", "int64"}}},
	{"rawtracepoint:sched_switch",
	 {{"args.prev.comm", "string"}, {"args.next.pid", "int32"}, {"arg1", "uint64"}}},
	{"rawtracepoint:sys_enter", {{"args.regs.di", "uint64"}, {"args.id", "int64"}}},
	{"uprobe:" CALLS ":first",
	 {{"arg0", "uint64"}, {"arg5", "uint64"}, {"reg(\"sp\")", "uint64"}, {"args.i", "int32"}}},
	{"uprobe:" CALLS ":second",
	 {{"str(arg0)", "string"}, {"str(args.text)", "string"}, {"args.number", "int64"}}},
	{"uretprobe:" CALLS ":first", {{"retval", "uint64"}}},
	{"usdt:" SONDE_FIXTURES "/usdt:*", {{"arg0", "int64"}, {"str(arg1)", "string"}}},
	{"tracepoint:sched:sched_waking,tracepoint:sched:sched_wakeup*",
	 {{"args.comm", "string"}, {"args.prio", "int32"}}},
	{"uprobe:" CALLS ":first,uprobe:" CALLS ":second,uretprobe:" CALLS ":second",
	 {{"reg(\"ip\")", "uint64"}}},
	{"tracepoint:sched:sched_switch,rawtracepoint:sched_switch,interval:s:1", {{NULL, NULL}}},
	{"rawtracepoint:sched_process_exit,rawtracepoint:sched_process_free",
	 {{"args.p.comm", "string"}, {"arg0", "uint64"}}},
};

static const struct probe_kind iterators[] = {
	{"iter:task", {{"ctx.task.pid", "int32"}, {"ctx.task.comm", "string"}}},
	{"iter:task_file", {{"ctx.fd", "uint32"}, {"ctx.file.f_flags", "uint32"}}},
	{"iter:task_vma", {{"ctx.vma.vm_start", "uint64"}}},
};

const char *probe_pick(struct script *script, bool is_iterator)
{
	const struct probe_kind *kinds = is_iterator ? iterators : probes;
	size_t n = is_iterator ? sizeof(iterators) / sizeof(iterators[0])
			       : sizeof(probes) / sizeof(probes[0]);

	script->probe = &kinds[random_below(&script->random, (uint32_t)n)];
	return script->probe->text;
}

/* --- types by their names --- */

/* NULL: not one that expressions are made of. */
static const struct shape *shape_named(const char *name, size_t len)
{
	static const struct shape *(*const of)(uint32_t, bool) = shape_int;

	if (len >= 6 && !strncmp(name, "string", 6))
		return &shape_string;
	if (len == 4 && !strncmp(name, "bool", 4))
		return &shape_bool;
	for (uint32_t size = 1; size <= 8; size *= 2)
		for (uint32_t is_signed = 0; is_signed < 2; is_signed++)
			if (strlen(of(size, is_signed)->name) == len &&
			    !strncmp(name, of(size, is_signed)->name, len))
				return of(size, is_signed);
	return NULL;
}

static bool has_shape(const char *name, size_t len, const struct shape *shape)
{
	const struct shape *named = shape_named(name, len);

	return named && (shape->kind == SHAPE_INT ? named->kind == SHAPE_INT : named == shape);
}

/* --- texts --- */

static void add_node(struct script *script, struct strbuf *text, const struct shape *shape,
		     uint32_t depth)
{
	const struct node *node =
		shape ? node_of(script, shape, depth) : node_condition(script, depth);

	node_print(text, node);
}

/* The leaf's text, expressions in the places for them, and one name for its variable. */
static const char *fill(struct script *script, const char *text, uint32_t depth)
{
	struct strbuf filled = STRBUF_INIT;
	uint32_t variable = script->names++;
	const char *kept;

	depth = depth ? depth - 1 : 0;
	for (; *text; text++) {
		if (*text == '#' && text[1] == 'i')
			add_node(script, &filled, shape_int(8, true), depth), text++;
		else if (*text == '#' && text[1] == 's')
			add_node(script, &filled, &shape_string, depth), text++;
		else if (*text == '#' && text[1] == 'v')
			strbuf_addf(&filled, "$v%u", variable), text++;
		else
			strbuf_addc(&filled, *text);
	}
	kept = arena_strdup(script->arena, strbuf_str(&filled));
	strbuf_free(&filled);
	return kept;
}

static struct node *text_node(struct script *script, const struct shape *shape, const char *text)
{
	struct node *node = arena_new_object(script->arena, struct node);

	*node = (struct node){.kind = NODE_TEXT,
			      .shape = shape,
			      .text = text,
			      .index = *text == '*' || *text == '(' ? 2 : 1};
	return node;
}

/* What was found of a wanted type; no text if nothing was. */
struct found {
	const char *text;
	const struct shape *shape;
	bool is_constant; /* sema decides a condition of it, which then is the one arm */
};

/* --- the rows of functions.def --- */

/* Not negative, which a length may not be if that is known. */
static void add_length(struct script *script, struct strbuf *text, uint32_t depth)
{
	strbuf_addc(text, '(');
	add_node(script, text, shape_int(8, true), depth);
	strbuf_adds(text, ") & 255");
}

/* False if the prototype wants what is not made here. */
static bool add_argument(struct script *script, struct strbuf *text, const char *kind, size_t len,
			 uint32_t depth)
{
	if (len == 3 && !strncmp(kind, "int", 3))
		add_length(script, text, depth);
	else if (len == 6 && !strncmp(kind, "string", 6))
		add_node(script, text, &shape_string, depth);
	else if (len == 4 && !strncmp(kind, "cond", 4))
		add_node(script, text, NULL, depth);
	else if (len == 3 && !strncmp(kind, "ptr", 3))
		strbuf_adds(text, "curtask");
	else if (len == 3 && !strncmp(kind, "any", 3))
		strbuf_adds(text, "comm");
	else if (len == 6 && !strncmp(kind, "strlit", 6))
		strbuf_adds(text, "\"text\"");
	else if (len == 6 && !strncmp(kind, "intlit", 6))
		strbuf_addf(text, "%u", 1 + random_below(&script->random, 9));
	else
		return false;
	return true;
}

static bool add_arguments(struct script *script, struct strbuf *text, const char *prototype,
			  uint32_t depth)
{
	const char *at = strchr(prototype, '(') + 1;

	for (bool is_first = true; *at != ')'; is_first = false) {
		bool is_optional;
		size_t len;

		at += strspn(at, ", ");
		is_optional = *at == '[';
		at += is_optional;
		len = strcspn(at, ",)]");
		if (is_optional && random_below(&script->random, 2))
			return true;
		strbuf_adds(text, is_first ? "" : ", ");
		if (!add_argument(script, text, at, len, depth))
			return false;
		at += len + is_optional;
	}
	return true;
}

/* Those that go by more than their prototypes. */
static bool is_special(const struct lang_function *function)
{
	switch ((int)function->id) {
	case FUNCTION_exit: /* not in loops; what follows is not reached */
	case FUNCTION_assert: /* the same */
	case FUNCTION_path: /* a struct path * */
	case FUNCTION_macaddr:
	case FUNCTION_kaddr: /* a symbol's name */
	case FUNCTION_uaddr:
	case FUNCTION_percpu_kaddr:
	case FUNCTION_cgroupid:
	case FUNCTION_getopt:
	case FUNCTION_pton:
	case FUNCTION_socket_cookie:
	case FUNCTION_skboutput:
	case FUNCTION_reg:
	case FUNCTION_join:
	case FUNCTION_static_assert:
	case FUNCTION_strftime:
	case FUNCTION_strncmp: /* a length */
	case FUNCTION_memcmp:
	case FUNCTION_unwatch:
		return true;
	}
	return (function->flags & (FN_UNSAFE | FN_AGGREGATE)) != 0;
}

/* A call of a random row whose result is a @shape (NULL: none). */
static struct found random_call(struct script *script, const struct shape *shape, uint32_t depth)
{
	const struct lang_function *function =
		&lang_functions[random_below(&script->random, FUNCTION_COUNT_)];
	size_t len = strcspn(function->prototype, "(");
	struct strbuf text = STRBUF_INIT;
	struct found found = {0};

	if (is_special(function) || (shape ? !has_shape(function->prototype, len, shape)
					   : strncmp(function->prototype, "none", 4) != 0))
		return found;
	strbuf_addf(&text, "%s(", function->name);
	if (add_arguments(script, &text, function->prototype, depth)) {
		strbuf_addc(&text, ')');
		found.text = arena_strdup(script->arena, strbuf_str(&text));
		found.shape = shape_named(function->prototype, len);
		found.is_constant = function->flags & FN_FOLDS || function->id == FUNCTION_strlen;
	}
	strbuf_free(&text);
	return found;
}

/* --- the rows of builtins.def --- */

static struct found random_builtin(struct script *script, const struct shape *shape)
{
	const struct lang_builtin *builtin =
		&lang_builtins[random_below(&script->random, BUILTIN_COUNT_)];
	size_t len = strlen(builtin->type);
	struct found found = {0};

	switch ((int)builtin->id) {
	case BUILTIN_argn: /* only in some probes */
	case BUILTIN_retval:
		return found;
	case BUILTIN_probe:
	case BUILTIN_probetype:
		found.is_constant = true;
	}
	if (!has_shape(builtin->type, len, shape))
		return found;
	found.shape = shape_named(builtin->type, len);
	found.text = builtin->name;
	if (builtin->flags & BUILTIN_CALL && random_once_in(&script->random, 4))
		found.text = arena_printf(script->arena, "%s()", builtin->name);
	return found;
}

/* --- any of them --- */

static struct found random_leaf(struct script *script, const struct leaf *rows, uint32_t n,
				const struct shape *shape, uint32_t depth)
{
	const struct leaf *leaf = &rows[random_below(&script->random, n)];
	size_t len = leaf->text ? strcspn(leaf->type, " ") : 0;
	struct found found = {0};

	if (!leaf->text || !has_shape(leaf->type, len, shape))
		return found;
	found.shape = shape_named(leaf->type, len);
	found.is_constant = leaf->type[len] != 0;
	found.text = fill(script, leaf->text, depth);
	return found;
}

static struct found random_text(struct script *script, const struct shape *shape, uint32_t depth)
{
	switch (random_below(&script->random, 4)) {
	case 0:
		return random_builtin(script, shape);
	case 1:
		return random_call(script, shape, depth ? depth - 1 : 0);
	case 2:
		return random_leaf(script, script->probe->leaves, 6, shape, depth);
	}
	return random_leaf(script, leaves, sizeof(leaves) / sizeof(leaves[0]), shape, depth);
}

static const struct node *other_node(struct script *script, const struct shape *shape,
				     uint32_t depth)
{
	const struct other *other = (const struct other *)shape;

	return text_node(script, shape, fill(script, other->text, depth));
}

const struct shape *shape_unknown(struct script *script)
{
	return &others[random_below(&script->random, sizeof(others) / sizeof(others[0]))].shape;
}

const struct node *node_unknown(struct script *script, const struct shape *shape, uint32_t depth)
{
	if (script->kind == SCRIPT_KNOWN)
		return NULL;
	if (shape->kind == SHAPE_OTHER)
		return other_node(script, shape, depth);
	for (uint32_t tries = 0; tries < 12; tries++) {
		struct found found = random_text(script, shape, depth);
		struct node *node;

		if (!found.text)
			continue;
		node = text_node(script, found.shape, found.text);
		node->is_constant = found.is_constant;
		return node;
	}
	return NULL;
}

/* --- statements --- */

static const char *const texts[] = {
	"time(\"%H:%M:%S\\n\")",
	"cat(\"/proc/%d/comm\", #i)",
	"errorf(\"%s %d\", #s, #i)",
	"warnf(\"%s\", #s)",
	"printf(\"%r %rx %rh\\n\", buf(curtask, 8), buf(comm, 3), buf(#s, 200))",
	"printf(\"%p %c %s\\n\", curtask, #i, kstack)",
	"printf(\"%s %s\\n\", (#s, kstack(3), ustack), (a = ustack, b = #i))",
	"printf(\"%s %s %s\\n\", username, cgroup_path(cgroup), strftime(\"%H\", nsecs))",
	"print((kstack, #i, ustack(perf, 5)))",
	"print(*curtask.files)",
	"print((#i, curtask.se.load, curtask.thread_info))",
	"@stacks[kstack, ustack, #s] = count()",
	"@frames[ustack(perf, 9), comm] = sum((uint64)(#i))",
	"@in_tuple[(int64)(#i)] = (kstack(5), #s)",
	"@histogram[#s] = hist(#i, 3)",
	"@linear = lhist(#i, 0, 10000, 100)",
	"@series = tseries(#i, 100ms, 20)",
	"@last[(int64)(#i)] = stats((int64)(#i))",
	"debugf(\"%d %s\", (int64)(#i), comm)",
	"if (#i) { print(\"\") }",
	"@longest = tseries(#i, 10ms, 5, \"max\")",
	"printf(\"%gr %gr\\n\", nsecs, #i)",
	"$when = strftime(\"%H:%M\", nsecs); print(($when, #s))",
	"$left = { if (#i) { return } (#i) }; print($left)",
	"for $n : 0..ncpus { @cpus[$n] = (int64)(#i); if ($n > 7) { break } }",
	"@limits[curtask.signal.rlim[3], #s] = max((int64)(#i))",
	"print(curtask.signal.rlim[2]); print(len(ustack(raw, 6)))",
	"if comptime (is_str(#s)) { print(#s) }",
	"print((#s, str(#i, 64), curtask.comm))",
	"join((char **)(#i))",
	"join((int8 **)curtask, \",\")",
	"for #v : 0..(uint32)(#i) { if (#v > 5) { break } @rounds[#v, #s, kstack(2)] = count() }",
	"for #v : (int64)(#i)..(int64)(#i) { if (#v & 7) { return } @n[(int64)#v] = #s }",
	"@inet[ntop(#i)] = count()",
	"@mac[macaddr(kptr((uint8 *)(#i)))] = (rand, pton(\"::1\"))",
	"@buffers[buf(#s, (#i) & 31), ntop(#i)] = max((int64)(#i))",
	"for #va : 0..3 { for #vb : 0..3 { @big[((int64)#va, #s, (kstack(9), ustack(5), comm, "
	"curtask.se.load))] = ((int64)#vb, #s, kstack(3)) } }",
	"for #va : 0..3 { for #vb : 0..3 { if (#i) { @wide[(kstack, ustack, (int64)#va, "
	"(int64)#vb, #s)]++ } } }",
	"#v = (uint8 *)(#i); #v += #i; print(#v[#i]); #v -= rand; print((uint16)#v > rand)",
	"#v = (struct task_struct *)(#i); print((#v.mm.mmap_base, *(struct list_head *)#v))",
	"@kept = (int64)(#i); @address = &@kept; print(*@address); print(*(@address + (#i)))",
	"@pointers[(int64)(#i)] = (int8 *)&@kept; @kept = (int64)(#i); "
	"print(@pointers[(int64)(#i)][#i])",
	"#v = (int16[2])(uint32)(#i); print((#v[rand & 1], #v[rand - (#i)])); @array[#v] = #v",
};

const struct statement *statement_unknown(struct script *script)
{
	struct statement *stmt = arena_new_object(script->arena, struct statement);
	uint32_t n = sizeof(texts) / sizeof(texts[0]);

	stmt->kind = STMT_TEXT;
	if (random_below(&script->random, 2)) {
		for (uint32_t tries = 0; tries < 8 && !stmt->text; tries++)
			stmt->text = random_call(script, NULL, 2).text;
		return stmt->text ? stmt : NULL;
	}
	stmt->text = fill(script, texts[random_below(&script->random, n)], 3);
	/* Sixteen texts are more than an event holds if they are that long. */
	return script->max_strlen > 4096 && !strncmp(stmt->text, "join", 4) ? NULL : stmt;
}
