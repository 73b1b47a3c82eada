/* A program that gathers by the header alone: ZONE_FILE INODE OFFSET LENGTH. It prints the bytes copied and the failing
 * range's errno. Built as C99, for 64 bits and, without a C library, for 32 bits. */
#include "zonecopy/ioctl.h"

#ifdef __i386__
/* The system calls themselves, since no C library of 32 bits is needed to have this test. */
static long call(long number, long first, long second, long third) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(first), "c"(second), "d"(third) : "memory");
  return result;
}
enum { nr_exit = 1, nr_write = 4, nr_open = 5, nr_ioctl = 54 };
#else
#include <unistd.h>
#include <sys/syscall.h>
#define call syscall
enum { nr_exit = SYS_exit_group, nr_write = SYS_write, nr_open = SYS_open, nr_ioctl = SYS_ioctl };
#endif

static struct zonecopy_gather_request request;

static __u64 number(const char *text) {
  __u64 value = 0;
  while (*text >= '0' && *text <= '9') value = value * 10 + (__u64)(*text++ - '0');
  return value;
}

static void print(__u64 value, char end) {
  char text[24];
  int at = sizeof text;
  text[--at] = end;
  do {
    text[--at] = (char)('0' + (int)((__u32)value % 10));
    value = (__u32)value / 10; /* below 2^32: dividing 64 bits would need a library */
  } while (value != 0);
  call(nr_write, 1, (long)(text + at), (long)(sizeof text) - at);
}

static int run(char **arguments) {
  const long fd = call(nr_open, (long)arguments[1], 1 /* O_WRONLY */, 0);
  long result;
  if (fd < 0) return 2;
  request.version = ZONECOPY_GATHER_VERSION;
  request.count = 1;
  request.ranges[0].inode = number(arguments[2]);
  request.ranges[0].offset_bytes = number(arguments[3]);
  request.ranges[0].length_bytes = number(arguments[4]);
  result = call(nr_ioctl, fd, (long)ZONECOPY_IOC_GATHER, (long)&request);
  print(request.bytes_copied, ' ');
  print((__u64)request.error, '\n');
  return result == 0 ? 0 : 1;
}

#ifdef __i386__
void start(char **stack) { call(nr_exit, run(stack + 1), 0, 0); }
/* At the entry the stack is argc, argv...; the C function finds it as its argument. */
__asm__(".globl _start\n_start: mov %esp, %eax\npush %eax\ncall start\nhlt\n");
#else
int main(int argc, char **argv) {
  (void)argc;
  return run(argv);
}
#endif
