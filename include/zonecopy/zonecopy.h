/* libzonecopy for C: many ranges of files or zones go, in order, to the end of one destination, or of several at once.
 * zonecopy_gather(3) explains it at length; zonecopy/gather.h is the same for C++.
 *
 *     struct zonecopy_error error = ZONECOPY_ERROR;
 *     struct zonecopy_gatherer* gatherer = NULL;
 *     struct zonecopy_file* victim = NULL;
 *     struct zonecopy_file* fresh = NULL;
 *     if (zonecopy_gatherer_new(&gatherer, &error) != 0 ||
 *         zonecopy_open_file(gatherer, "/mnt/seq/3", ZONECOPY_READ, &victim, &error) != 0 ||
 *         zonecopy_open_file(gatherer, "/mnt/seq/7", ZONECOPY_WRITE, &fresh, &error) != 0) ...
 *     struct zonecopy_range ranges[] = {ZONECOPY_RANGE(victim, 0, 8192), ZONECOPY_RANGE(victim, 65536, 8192)};
 *     struct zonecopy_destination to = ZONECOPY_DESTINATION(fresh);
 *     struct zonecopy_result result = ZONECOPY_RESULT;
 *     if (zonecopy_gather(gatherer, ranges, 2, &to, 1, NULL, &result, &error) != 0) fprintf(stderr, "%s\n", error.text);
 *
 * Errors. Functions that return int return 0, or a negative errno. Where `error` is not NULL it then has the text.
 * -ENOMEM and -EINVAL (a null pointer, a struct_size that is none) are possible everywhere.
 *
 * Threads. All calls that are given a gatherer or one of its files belong to the thread that made the gatherer, but
 * zonecopy_stop(). Two gatherers on two threads do not know of each other.
 *
 * Structures. The first member of each is its size as the caller knows it, so that later versions can add members behind
 * the last one: the macros set it. What is reserved is 0. In an array all elements have the size of the first. */
#ifndef ZONECOPY_ZONECOPY_H
#define ZONECOPY_ZONECOPY_H

#include <stddef.h>
#include <stdint.h>

#include "zonecopy/ioctl.h"

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming, modernize-deprecated-headers, modernize-use-using): names as C has them */

#define ZONECOPY_TEXT_MAX 512

/* What went wrong, for a person: one line. */
struct zonecopy_error {
  uint32_t struct_size;
  int32_t code; /* negative errno; 0: nothing went wrong */
  char text[ZONECOPY_TEXT_MAX];
};
#define ZONECOPY_ERROR \
  { sizeof(struct zonecopy_error), 0, "" }

/* Opens files and zones, and gathers. */
struct zonecopy_gatherer;
/* A source or destination: a file of a mount, or a zone of a device or image that is not mounted. */
struct zonecopy_file;

enum zonecopy_access {
  ZONECOPY_READ = 0,
  ZONECOPY_WRITE = 1,
};

/* The version of the library that runs, "0.1.0". Static. */
const char* zonecopy_version(void);

/* Makes a gatherer. To be freed by zonecopy_gatherer_free(). */
int zonecopy_gatherer_new(struct zonecopy_gatherer** gatherer, struct zonecopy_error* error);
/* Its files are closed before. NULL is allowed. */
void zonecopy_gatherer_free(struct zonecopy_gatherer* gatherer);

/* Opens a file of a mount, of zonecopyfs or any other; it is not made. Errors of open(2). `access` is enum
 * zonecopy_access. To be closed by zonecopy_close(). */
int zonecopy_open_file(struct zonecopy_gatherer* gatherer, const char* path, int access, struct zonecopy_file** file,
                       struct zonecopy_error* error);
/* The file that `descriptor` is open on. The descriptor is duplicated, and stays the caller's. */
int zonecopy_use_descriptor(struct zonecopy_gatherer* gatherer, int descriptor, struct zonecopy_file** file,
                            struct zonecopy_error* error);
/* A zone of a device or image that is not mounted, by its number from 0 on. The device is held open until the last of
 * its zones is closed. -EBUSY: in use, as by a mount. -ENOENT, -EACCES, -ENOTBLK (neither a device nor an image),
 * -EOPNOTSUPP (not zoned), -EINVAL (no such zone), -ENOSYS or -EPERM (no io_uring here). */
int zonecopy_open_zone(struct zonecopy_gatherer* gatherer, const char* device, uint32_t zone, int access,
                       struct zonecopy_file** file, struct zonecopy_error* error);
/* NULL is allowed. */
void zonecopy_close(struct zonecopy_file* file);

struct zonecopy_facts {
  uint32_t struct_size;
  uint32_t sequential;     /* 1: written at its end only */
  uint64_t size_bytes;     /* where the data ends: of a sequential zone, its write pointer */
  uint64_t capacity_bytes; /* the largest size it can have; UINT64_MAX for a file without a limit */
  uint64_t block_size_bytes;
  uint32_t only_offload; /* 1: its mount has option copy=offload */
  uint32_t reserved;
};
#define ZONECOPY_FACTS \
  { sizeof(struct zonecopy_facts), 0, 0, 0, 0, 0, 0 }

/* The facts about a file, now. */
int zonecopy_get_facts(struct zonecopy_file* file, struct zonecopy_facts* facts, struct zonecopy_error* error);
/* Reads up to `size` bytes, fewer at the end of the file only. Returns how many, or a negative errno. */
int64_t zonecopy_read(struct zonecopy_file* file, uint64_t offset_bytes, void* data, size_t size,
                      struct zonecopy_error* error);
/* Makes durable what was written to it. */
int zonecopy_sync(struct zonecopy_file* file, struct zonecopy_error* error);

struct zonecopy_range {
  uint32_t struct_size;
  uint32_t reserved;
  struct zonecopy_file* file; /* stays the caller's */
  uint64_t offset_bytes;
  uint64_t length_bytes;
};
#define ZONECOPY_RANGE(file, offset_bytes, length_bytes) \
  { sizeof(struct zonecopy_range), 0, file, offset_bytes, length_bytes }

/* Where the first byte goes: to the end of the file. Not for conventional zones, which have none. */
#define ZONECOPY_AT_END UINT64_MAX

struct zonecopy_destination {
  uint32_t struct_size;
  uint32_t reserved;
  struct zonecopy_file* file; /* stays the caller's */
  uint64_t offset_bytes;      /* ZONECOPY_AT_END, or where to write: -EINVAL if a sequential file does not end there */
};
#define ZONECOPY_DESTINATION(file) \
  { sizeof(struct zonecopy_destination), 0, file, ZONECOPY_AT_END }

struct zonecopy_options {
  uint32_t struct_size;
  uint32_t mode;             /* enum zonecopy_copy_mode (zonecopy/ioctl.h) */
  uint64_t bytes_per_second; /* not faster than this, counted once for all destinations; 0: no limit */
  uint32_t background;       /* 1: other I/O goes first */
  uint32_t reserved;
  /* Called on the calling thread after each step, at least once for every 64 MiB. May be NULL. It must return: it may not
   * leave by longjmp(3) or an exception, and may call nothing of this gatherer but zonecopy_stop(). */
  void (*progress)(void* context, uint64_t done_bytes, uint64_t total_bytes);
  void* context;
};
#define ZONECOPY_OPTIONS \
  { sizeof(struct zonecopy_options), ZONECOPY_COPY_AUTO, 0, 0, 0, NULL, NULL }

/* Bits: how the bytes of a destination came there. */
#define ZONECOPY_WAY_GATHER_CALL 1     /* the gather request of zonecopyfs */
#define ZONECOPY_WAY_COPY_FILE_RANGE 2 /* copy_file_range(2) */
#define ZONECOPY_WAY_READ_WRITE 4      /* read and written by this process */
#define ZONECOPY_WAY_DEVICE_COPY 8     /* the copy engine, on devices that are not mounted */

/* What has become of one destination. All numbers are of this gather alone. */
struct zonecopy_result {
  uint32_t struct_size;
  int32_t error;         /* negative errno: why the first `bytes` are all; 0: all ranges were copied */
  uint64_t offset_bytes; /* where its first byte went */
  uint64_t bytes;        /* always whole from the first range on */
  uint64_t bytes_offloaded;
  uint64_t bytes_kernel;
  uint64_t bytes_emulated;
  uint64_t commands;     /* Copy commands sent to a device */
  uint64_t failed_range; /* index of the first range that was not copied whole; the number of ranges if all were */
  uint32_t ways;         /* ZONECOPY_WAY_... */
  uint32_t reserved;
  /* Set by the caller: room for as many numbers as there are ranges, for what was copied of each; or NULL. */
  uint64_t* range_bytes;
  char not_offloaded_because[ZONECOPY_REASON_MAX]; /* empty if all was offloaded */
  char error_text[ZONECOPY_TEXT_MAX];
};
#define ZONECOPY_RESULT \
  { sizeof(struct zonecopy_result), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, "", "" }

/* Copies `ranges`, in order, to each of `destinations`. The sources are read once at most. `options` may be NULL. There is
 * one of `results` for each destination, and `results` may be NULL.
 *
 * Returns 0 if every destination has all ranges. Else a negative errno, and `results` tell what each destination has: one
 * that fails leaves the others as they are. Nothing was copied, and all results have the same error, where a range is not
 * in its file or overlaps with what would be written, or a destination is named twice (-EINVAL), where it does not fit
 * (-EFBIG), where a file was opened the wrong way (-EBADF), or where what has to be offloaded cannot be (-EIO). */
int zonecopy_gather(struct zonecopy_gatherer* gatherer, const struct zonecopy_range* ranges, size_t range_count,
                    const struct zonecopy_destination* destinations, size_t destination_count,
                    const struct zonecopy_options* options, struct zonecopy_result* results,
                    struct zonecopy_error* error);

/* What zonecopy_gather() would have a device do. */
struct zonecopy_plan {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t commands;                               /* Copy commands; 0 where nothing is offloaded */
  uint64_t source_ranges;                          /* of all of them together */
  char copy_mechanism[ZONECOPY_MECHANISM_MAX];     /* "NVMe Copy" */
  char not_offloaded_because[ZONECOPY_REASON_MAX]; /* empty if all would be offloaded */
};
#define ZONECOPY_PLAN \
  { sizeof(struct zonecopy_plan), 0, 0, 0, "", "" }

/* Under the errors of zonecopy_gather(). Touches nothing. `options` may be NULL. */
int zonecopy_plan_gather(struct zonecopy_gatherer* gatherer, const struct zonecopy_range* ranges, size_t range_count,
                         const struct zonecopy_destination* destination, const struct zonecopy_options* options,
                         struct zonecopy_plan* plan, struct zonecopy_error* error);

/* Ends the gather that is under way soon, with -EINTR; where none is, the next one, so that a signal which comes just
 * before it is not lost. May be called on any thread, and by a signal handler. */
void zonecopy_stop(struct zonecopy_gatherer* gatherer);

/* NOLINTEND(readability-identifier-naming, modernize-deprecated-headers, modernize-use-using) */

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
