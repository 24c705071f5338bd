/* The bytes of a capture file, as pcap-savefile(5) describes them. */
#include "runtime/internal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(two_packets)
{
	static const unsigned char expected[] = {
		0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0,   0,   0, 0, 0, 0, 0, 0, /* head */
		64,   0,    0,    0,    1, 0, 0, 0, 3,   0,   0, 0, 7, 0, 0, 0, /* 3.000000007 s */
		2,    0,    0,    0,    9, 0, 0, 0, 'a', 'b', 4, 0, 0, 0, 0, 0, /* 2 of 9 */
		0,    0,    0,    0,    0, 0, 1, 0, 0,   0,
	};
	const struct diag_style style = {0};
	struct runtime_options options = {.err = stderr, .style = &style};
	struct run run = {.arena = arena_new(), .options = &options};
	struct run_packet packet = {
		.wall_ns = 3000000007, .length = 9, .captured = 2, .snaplen = 64, .bytes = "ab"};
	char path[] = "/tmp/sonde-pcap-XXXXXX";
	unsigned char got[128];
	int fd = mkstemp(path);
	ssize_t len;

	run_pcap_write(&run, path, &packet);
	packet =
		(struct run_packet){.wall_ns = 4000000000, .length = 1, .snaplen = 64, .bytes = ""};
	run_pcap_write(&run, path, &packet);
	run_pcap_flush(&run);
	len = read(fd, got, sizeof(got));
	run_pcap_close(&run);
	unlink(path);
	close(fd);
	arena_free(run.arena);
	ck_assert_int_eq(len, sizeof(expected));
	ck_assert_mem_eq(got, expected, sizeof(expected));
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_told_once)
{
	char *text = NULL;
	size_t size = 0;
	const struct diag_style style = {0};
	struct runtime_options options = {.err = open_memstream(&text, &size), .style = &style};
	struct run run = {.arena = arena_new(), .options = &options};
	struct run_packet packet = {.captured = 1, .snaplen = 64, .bytes = "a"};

	run_pcap_write(&run, "/nonexistent/a.pcap", &packet);
	run_pcap_write(&run, "/nonexistent/a.pcap", &packet);
	run_pcap_close(&run);
	fclose(options.err);
	arena_free(run.arena);
	ck_assert_str_eq(text, "ERROR[skboutput]: cannot write '/nonexistent/a.pcap': "
			       "No such file or directory\n");
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pcap");
	TCase *tcase = tcase_create("pcap");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, two_packets);
	tcase_add_test(tcase, a_file_that_cannot_be_written_is_told_once);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
