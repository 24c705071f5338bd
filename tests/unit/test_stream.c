/* The output of a run: whole, whatever its reader does, and never in the way of a signal. */
#include "cli/cli.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (512u << 10) /* more than a pipe holds */

static char text[SIZE];
static int ends[2], signal_fd;

static void setup(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK);
	ck_assert_int_eq(pipe(ends), 0);
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (char)('a' + i % 26);
}

static void take_signal(void)
{
	struct signalfd_siginfo info;

	ck_assert_int_eq(read(signal_fd, &info, sizeof(info)), sizeof(info));
}

/* A process that reads all and says whether it was @n bytes, in order. */
static pid_t start_reader(size_t n)
{
	pid_t pid = fork();
	size_t got = 0;
	char buffer[4096];
	ssize_t len;

	if (pid)
		return pid;
	close(ends[1]);
	while ((len = read(ends[0], buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < len; i++, got++)
			if (buffer[i] != text[got % SIZE])
				_exit(1);
	_exit(got == n ? 0 : 2);
}

static int reader_status(pid_t pid)
{
	int status;

	close(ends[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(all_reaches_a_reader)
{
	pid_t reader = start_reader(SIZE);
	struct stream *stream = stream_new(ends[1]);

	ck_assert_uint_eq(fwrite(text, 1, SIZE, stream_file(stream)), SIZE);
	ck_assert_int_eq(stream_free(stream), 0);
	ck_assert_int_eq(reader_status(reader), 0);
}
END_TEST

START_TEST(a_signal_does_not_wait_for_the_reader_and_nothing_is_lost)
{
	struct stream *stream = stream_new(ends[1]);
	pid_t reader;

	raise(SIGINT);
	ck_assert_uint_eq(fwrite(text, 1, SIZE, stream_file(stream)), SIZE);
	ck_assert_int_eq(fflush(stream_file(stream)), 0);
	take_signal();
	reader = start_reader(2 * SIZE);
	ck_assert_uint_eq(fwrite(text, 1, SIZE, stream_file(stream)), SIZE);
	ck_assert_int_eq(stream_free(stream), 0);
	ck_assert_int_eq(reader_status(reader), 0);
}
END_TEST

START_TEST(a_signal_is_seen_behind_one_that_nobody_has_read)
{
	struct stream *stream = stream_new(ends[1]);
	pid_t self = getpid(), sender;

	raise(SIGUSR1);
	sender = fork();
	if (!sender) {
		usleep(100000);
		_exit(kill(self, SIGINT) != 0);
	}
	ck_assert_uint_eq(fwrite(text, 1, SIZE, stream_file(stream)), SIZE);
	ck_assert_int_eq(stream_free(stream), 0);
	ck_assert_int_eq(waitpid(sender, NULL, 0), sender);
}
END_TEST

START_TEST(a_second_signal_gives_the_reader_up)
{
	struct stream *stream = stream_new(ends[1]);

	raise(SIGINT);
	ck_assert_uint_eq(fwrite(text, 1, SIZE, stream_file(stream)), SIZE);
	take_signal();
	raise(SIGINT);
	ck_assert_int_eq(stream_free(stream), 0);
}
END_TEST

START_TEST(a_reader_that_went_away_is_an_error)
{
	struct stream *stream = stream_new(ends[1]);

	close(ends[0]);
	fwrite(text, 1, SIZE, stream_file(stream));
	ck_assert(fflush(stream_file(stream)) || ferror(stream_file(stream)));
	stream_free(stream);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tcase = tcase_create("stream");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, all_reaches_a_reader);
	tcase_add_test(tcase, a_signal_does_not_wait_for_the_reader_and_nothing_is_lost);
	tcase_add_test(tcase, a_signal_is_seen_behind_one_that_nobody_has_read);
	tcase_add_test(tcase, a_second_signal_gives_the_reader_up);
	tcase_add_test(tcase, a_reader_that_went_away_is_an_error);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
