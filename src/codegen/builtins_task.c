/*
 * Builtins on tasks: names and ids of the current one, of its relatives, and of one that a process
 * id leads to. Fields are read at offsets that are relocated when the object is loaded.
 */
#include "codegen/functions.h"

/* The memory of a kernel object that is being looked through; reads that fail give 0. */
static LLVMValueRef emit_member_address(struct codegen *cg, LLVMValueRef object, const char *tag,
					const char *name)
{
	const struct type *type = types_by_tag(cg->types, TYPE_STRUCT, tag);
	struct type_path path;

	if (!type || !types_find_field(cg->types, type, name, &path))
		return cg_i64(cg, 0);
	return emit_field_address(cg, object, &path);
}

static LLVMValueRef emit_read(struct codegen *cg, LLVMValueRef address, uint32_t size,
			      uint32_t error)
{
	LLVMValueRef memory = cg_temp(cg, 8, 8);

	emit_probe_read(cg, memory, size, address, SPACE_KERNEL, error);
	return emit_resize(cg, emit_load(cg, memory, size, 8), 8, false);
}

static LLVMValueRef emit_pointer(struct codegen *cg, LLVMValueRef object, const char *tag,
				 const char *name)
{
	return emit_read(cg, emit_member_address(cg, object, tag, name), 8, 0);
}

/* --- relatives --- */

static LLVMValueRef emit_task(struct codegen *cg, const struct expr *builtin)
{
	if (builtin->ident.args.len)
		return emit_value64(cg, builtin->ident.args.data[0]);
	return emit_helper0(cg, BPF_FUNC_get_current_task, cg->i64);
}

/* The task that a pointer of this one leads to. */
static LLVMValueRef emit_relative(struct codegen *cg, const struct expr *builtin, const char *via)
{
	LLVMValueRef address = emit_member_address(cg, emit_task(cg, builtin), "task_struct", via);

	return emit_read(cg, address, 8, builtin->error_event);
}

static LLVMValueRef emit_id_of(struct codegen *cg, const struct expr *builtin, const char *via,
			       const char *name)
{
	LLVMValueRef task = emit_relative(cg, builtin, via), address;

	address = emit_member_address(cg, task, "task_struct", name);
	return emit_resize(cg, emit_read(cg, address, 4, builtin->error_event), builtin->type->size,
			   false);
}

static LLVMValueRef emit_comm_of(struct codegen *cg, const struct expr *builtin, const char *via,
				 LLVMValueRef dst)
{
	LLVMValueRef task = emit_relative(cg, builtin, via), address;

	address = emit_member_address(cg, task, "task_struct", "comm");
	emit_probe_read(cg, dst, builtin->type->size, address, SPACE_KERNEL, builtin->error_event);
	return NULL;
}

LLVMValueRef emit_builtin_ppid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)dst;
	return emit_id_of(cg, builtin, "real_parent", "tgid");
}

LLVMValueRef emit_builtin_pcomm(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	return emit_comm_of(cg, builtin, "real_parent", dst);
}

LLVMValueRef emit_builtin_leader_tid(struct codegen *cg, const struct expr *builtin,
				     LLVMValueRef dst)
{
	(void)dst;
	return emit_id_of(cg, builtin, "group_leader", "pid");
}

LLVMValueRef emit_builtin_leader_comm(struct codegen *cg, const struct expr *builtin,
				      LLVMValueRef dst)
{
	return emit_comm_of(cg, builtin, "group_leader", dst);
}

/* --- the function that is returning --- */

/* What the kernel itself keeps, of a uretprobe that it runs, for the current task. */
LLVMValueRef emit_returning_function(struct codegen *cg)
{
	LLVMValueRef task = emit_helper0(cg, BPF_FUNC_get_current_task, cg->i64), hit;

	hit = emit_pointer(cg, emit_pointer(cg, task, "task_struct", "utask"), "uprobe_task",
			   "vaddr");
	return emit_pointer(cg, hit, "uprobe_dispatch_data", "bp_addr");
}

/* --- the name of a process --- */

#define NS_LEVELS 4 /* of nested pid namespaces that are looked through */
#define TREE_LEVELS 4 /* of 64 slots each: more ids than there can be (PID_MAX_LIMIT) */
#define SLOT_BITS 6
#define COMM_SIZE 16

/* The pid namespace of sonde, as the current task knows it; the initial one otherwise. */
static LLVMValueRef emit_pid_namespace(struct codegen *cg)
{
	const struct type *upid = types_by_tag(cg->types, TYPE_STRUCT, "upid");
	LLVMValueRef task = emit_helper0(cg, BPF_FUNC_get_current_task, cg->i64);
	LLVMValueRef pid = emit_pointer(cg, task, "task_struct", "thread_pid");
	LLVMValueRef numbers = emit_member_address(cg, pid, "pid", "numbers");
	LLVMValueRef wanted = emit_setting(cg, offsetof(struct plan_settings, pid_ns_ino));
	LLVMValueRef is_nested = LLVMBuildIsNotNull(cg->builder, wanted, "");
	LLVMValueRef ns = emit_pointer(cg, numbers, "upid", "ns"), inner, inode, found;
	uint32_t i;

	for (i = 1; upid && i < NS_LEVELS; i++) {
		numbers = LLVMBuildAdd(cg->builder, numbers, cg_i64(cg, upid->size), "");
		inner = emit_pointer(cg, numbers, "upid", "ns");
		inode = emit_member_address(cg, inner, "pid_namespace", "ns");
		inode = emit_member_address(cg, inode, "ns_common", "inum");
		inode = emit_read(cg, inode, 4, 0);
		found = LLVMBuildICmp(cg->builder, LLVMIntEQ, inode, wanted, "");
		found = LLVMBuildAnd(cg->builder, found, is_nested, "");
		ns = LLVMBuildSelect(cg->builder, found, inner, ns, "");
	}
	return ns;
}

/* One level down a tree of the kernel's (lib/xarray.c): inner nodes are marked by the low bits. */
static LLVMValueRef emit_tree_step(struct codegen *cg, LLVMValueRef entry, LLVMValueRef id,
				   bool is_top)
{
	LLVMBuilderRef b = cg->builder;
	LLVMValueRef mark = LLVMBuildAnd(b, entry, cg_i64(cg, 3), ""), node, shift, slot, slots;
	LLVMValueRef is_node = LLVMBuildICmp(b, LLVMIntEQ, mark, cg_i64(cg, 2), "");

	node = LLVMBuildSub(b, entry, cg_i64(cg, 2), "");
	shift = emit_read(cg, emit_member_address(cg, node, "xa_node", "shift"), 1, 0);
	shift = LLVMBuildAnd(b, shift, cg_i64(cg, 63), "");
	id = LLVMBuildLShr(b, id, shift, "");
	slot = LLVMBuildAnd(b, id, cg_i64(cg, (1 << SLOT_BITS) - 1), "");
	slots = emit_member_address(cg, node, "xa_node", "slots");
	slots = LLVMBuildAdd(b, slots, LLVMBuildShl(b, slot, cg_i64(cg, 3), ""), "");
	slot = emit_read(cg, slots, 8, 0);
	if (is_top)
		slot = LLVMBuildSelect(
			b, LLVMBuildICmp(b, LLVMIntULT, id, cg_i64(cg, 1 << SLOT_BITS), ""), slot,
			cg_i64(cg, 0), "");
	return LLVMBuildSelect(b, is_node, slot, entry, "");
}

/* The struct task_struct * of a process id, or what reads as nothing. */
static LLVMValueRef emit_find_task(struct codegen *cg, LLVMValueRef id)
{
	LLVMValueRef tree, entry, links;
	uint32_t i;

	tree = emit_member_address(cg, emit_pid_namespace(cg), "pid_namespace", "idr");
	tree = emit_member_address(cg, tree, "idr", "idr_rt");
	entry = emit_pointer(cg, tree, "xarray", "xa_head");
	for (i = 0; i < TREE_LEVELS; i++)
		entry = emit_tree_step(cg, entry, id, i == 0);
	links = emit_pointer(cg, entry, "pid", "tasks");
	return LLVMBuildSub(cg->builder, links,
			    emit_member_address(cg, cg_i64(cg, 0), "task_struct", "pid_links"), "");
}

/* Behind the name's end the kernel may leave what was there, in the task and (Linux 6.0 to 6.4) in
 * what its helper copies; names are keys, too. */
LLVMValueRef emit_builtin_comm(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	uint32_t size = builtin->type->size;
	LLVMValueRef task;

	if (!builtin->ident.args.len) {
		emit_zero(cg, dst, size, 1);
		emit_helper(cg, BPF_FUNC_get_current_comm, cg->i64, dst, cg_i32(cg, size));
		return NULL;
	}
	task = emit_find_task(cg, emit_value64(cg, builtin->ident.args.data[0]));
	emit_probe_read_text(cg, dst, COMM_SIZE,
			     emit_member_address(cg, task, "task_struct", "comm"), SPACE_KERNEL,
			     builtin->error_event);
	return NULL;
}
