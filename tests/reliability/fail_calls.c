/* Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into the tool: the CAIRN_FAIL_AT-th call of those below fails with
 * the errno CAIRN_FAIL_ERRNO, or, if that is 0, the process is killed. Writes
 * that fail write half of their bytes first. Then the file CAIRN_FAIL_MARK
 * exists, so that the test knows that the call was reached. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls;

static int next_fails(void) {
  const char *at = getenv("CAIRN_FAIL_AT");
  if (at == NULL || atomic_fetch_add(&calls, 1) != atoi(at)) return 0;
  int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  const int mark = real_open(getenv("CAIRN_FAIL_MARK"), O_CREAT | O_WRONLY, 0600);
  if (mark >= 0) close(mark);
  const int error = atoi(getenv("CAIRN_FAIL_ERRNO"));
  if (error == 0) raise(SIGKILL);
  errno = error;
  return 1;
}

#define REAL(name) static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Only what is done to the output: its names contain CAIRN_FAIL_PATH. */
static int is_ours(const char *path) {
  const char *ours = getenv("CAIRN_FAIL_PATH");
  if (ours == NULL) return 0;
  for (; *path != '\0'; ++path) {
    const char *p = path, *o = ours;
    while (*o != '\0' && *p == *o) ++p, ++o;
    if (*o == '\0') return 1;
  }
  return 0;
}

static int is_regular(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) &&
         (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

int open(const char *path, int flags, ...) {
  REAL(open);
  va_list args;
  va_start(args, flags);
  const mode_t mode = (flags & O_CREAT) ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (is_ours(path) && next_fails()) return -1;
  return real(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write);
  if (!is_regular(fd) || !next_fails()) return real(fd, bytes, size);
  const int error = errno;
  if (error == EINTR) return -1;
  if (real(fd, bytes, size / 2) < 0) return -1;
  errno = error;
  return -1;
}

int fsync(int fd) {
  REAL(fsync);
  return next_fails() ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return next_fails() ? -1 : real(fd);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  return next_fails() ? -1 : real(from, to);
}

int link(const char *from, const char *to) {
  REAL(link);
  return next_fails() ? -1 : real(from, to);
}

int unlink(const char *path) {
  REAL(unlink);
  return next_fails() ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  return next_fails() ? -1 : real(path, mode);
}
