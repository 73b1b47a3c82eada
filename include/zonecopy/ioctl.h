/* The calls of ioctl(2) for zone files of zonecopyfs. For C and C++. ENOTTY: fd is no open zone file. All structures have
 * the same layout in programs of 32 and of 64 bits. zonecopy-ioctl(4) explains them at length.
 *
 *     struct zonecopy_file_info info;
 *     if (ioctl(fd, ZONECOPY_IOC_FILE_INFO, &info) == 0) ...
 *
 * tells facts about an open file. The counters belong to this open(2): they count copies whose destination was this
 * descriptor or a duplicate of it, and no others.
 *
 *     if (ioctl(fd, ZONECOPY_IOC_TRUNCATE_LATER) == 0) ...
 *
 * asks for what O_TRUNC does, but not before it is needed: the file is empty for whoever looks at it, but its zone
 * keeps the old contents until something changes the file, or this open(2) is closed for the last time. (fstat(2) once
 * after it, so that the kernel knows the size.) On a file that is not sequential nothing happens. EBADF: fd was not opened for writing. EPERM, EROFS: the file cannot be truncated.
 *
 *     ioctl(fd, ZONECOPY_IOC_KEEP_OLD);
 *
 * after it: closing no longer truncates, but writes, copies and truncates through this descriptor still do. For who has
 * found that there is nothing to write after all.
 *
 *     struct zonecopy_gather_request request = {.version = ZONECOPY_GATHER_VERSION, .count = 2, .ranges = {...}};
 *     if (ioctl(fd, ZONECOPY_IOC_GATHER, &request) == 0) ...
 *
 * copies many ranges of files of the mount, in their order, to the end of the file that fd is open on for writing. The
 * request has room for the answer, which is there after an error too. Success means that something was copied, or that
 * all ranges are empty; request.error then tells what ended it early, 0 if nothing did.
 * EINVAL: the request is malformed, and nothing was done: the version, a flag, the count, a reserved byte that is not 0,
 * a range that ends behind the end of its file, ranges that are longer than the zone or overlap with what would be
 * written, or the file does not end at the offset that was expected. EACCES: the caller may not read a source. ENOENT:
 * an inode that is no zone file of the mount. EBADF: fd was not opened for writing. EFBIG: the next range does not fit
 * whole. EPERM: a zone is read-only or offline. EROFS. EINTR: a signal came. EIO: the device, or a copy that had to be
 * offloaded and cannot be.
 *
 *     struct zonecopy_limits limits;
 *     if (ioctl(fd, ZONECOPY_IOC_LIMITS, &limits) == 0) ...
 *
 * tells what the mount can do: how many ranges a call takes, and how long the device's own copies may be. */
#ifndef ZONECOPY_IOCTL_H
#define ZONECOPY_IOCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ZONECOPY_REASON_MAX 256
#define ZONECOPY_MECHANISM_MAX 64

/* NOLINTBEGIN(readability-identifier-naming): names as C has them */

enum zonecopy_copy_mode {
  ZONECOPY_COPY_AUTO = 0,
  ZONECOPY_COPY_OFFLOAD = 1,
  ZONECOPY_COPY_EMULATE = 2,
};

/* The next change through this descriptor truncates the file first (ZONECOPY_IOC_TRUNCATE_LATER). */
#define ZONECOPY_FILE_TRUNCATION_OWED 1
/* The device has the kernel copy, which moves the data: such copies are not offloaded. */
#define ZONECOPY_FILE_KERNEL_COPIES 2
/* A sequential file of a mount with strict: only whole blocks can be written. */
#define ZONECOPY_FILE_WHOLE_BLOCKS 4

struct zonecopy_file_info {
  __u64 bytes_offloaded; /* copied by the drive's Copy command, or by sharing extents */
  __u64 bytes_kernel;    /* copied by the kernel below the file system */
  __u64 bytes_emulated;  /* copied by the file system, which read and wrote them */
  __u64 capacity_bytes;  /* largest size of the file: the capacity of its zones */
  __u32 zone_index;      /* number of the file's first zone on the device, from 0 on */
  __u32 sequential;      /* 1: written at the write pointer, which is the size; 0: a conventional zone */
  __u32 copy_mode;       /* enum zonecopy_copy_mode: option copy= of the mount */
  __u32 flags;           /* ZONECOPY_FILE_... */
  /* Why the last copy that was not offloaded completely was not. Ends with a 0; empty if there was none. */
  char not_offloaded_because[ZONECOPY_REASON_MAX];
  /* How the device copies by itself, or has the kernel copy: "NVMe Copy". Ends with a 0; empty if it does not. */
  char copy_mechanism[ZONECOPY_MECHANISM_MAX];
};

#define ZONECOPY_GATHER_VERSION 1
#define ZONECOPY_GATHER_RANGES_MAX 480

/* Flags of a request. */
#define ZONECOPY_GATHER_AT_OFFSET 1    /* only if it begins at offset_bytes; needed for a conventional zone */
#define ZONECOPY_GATHER_ONLY_OFFLOAD 2 /* EIO for what cannot be offloaded, as with mount option copy=offload */
#define ZONECOPY_GATHER_BACKGROUND 4   /* other requests of the mount go first */

struct zonecopy_gather_range {
  __u64 inode;        /* st_ino of a file of the same mount */
  __u64 offset_bytes; /* in the source */
  __u64 length_bytes;
  __u64 copied_bytes; /* answer: how much of the range was copied, from its start on */
};

struct zonecopy_gather_request {
  __u32 version;      /* ZONECOPY_GATHER_VERSION */
  __u32 flags;        /* ZONECOPY_GATHER_... */
  __u32 count;        /* of the ranges: 1 to ZONECOPY_GATHER_RANGES_MAX */
  __u32 reserved;     /* 0 */
  __u64 offset_bytes; /* with ZONECOPY_GATHER_AT_OFFSET, else 0; answer: where the first range was written */

  /* The answer. All of it is of this call. What is set here in a request is of no account. */
  __u64 bytes_copied;    /* the sum of the ranges' copied_bytes */
  __u64 bytes_offloaded; /* of these, for each way, as in zonecopy_file_info */
  __u64 bytes_kernel;
  __u64 bytes_emulated;
  __u64 commands;     /* Copy commands that the device was sent */
  __u32 failed_range; /* index of the first range that was not copied whole; count if all were */
  __s32 error;        /* its errno; 0 if all were copied */

  __u64 reserved_too[3];                           /* 0 */
  char not_offloaded_because[ZONECOPY_REASON_MAX]; /* answer: ends with a 0; empty if all was offloaded */
  struct zonecopy_gather_range ranges[ZONECOPY_GATHER_RANGES_MAX]; /* those behind `count` are of no account */
};

struct zonecopy_limits {
  __u32 gather_ranges_max; /* ranges a request: ZONECOPY_GATHER_RANGES_MAX of the mount */
  __u32 block_size_bytes;  /* whole blocks can be offloaded */
  /* Distance of the zones: the LBA of a file is that of zone (st_ino & 0xffffffffff) of its device. */
  __u64 zone_size_bytes;
  __u32 copy_ranges_max; /* of one Copy command: MSRC + 1; 0: the device has no Copy, or copy=emulate forbids it */
  __u32 copy_range_max_blocks;                     /* MSSRL */
  __u32 copy_max_blocks;                           /* MCL */
  __u32 copy_mode;                                 /* enum zonecopy_copy_mode: option copy= of the mount */
  __u32 flags;                                     /* ZONECOPY_FILE_KERNEL_COPIES */
  __u32 reserved[7];                               /* 0 */
  char copy_mechanism[ZONECOPY_MECHANISM_MAX];     /* as in zonecopy_file_info */
  char not_offloaded_because[ZONECOPY_REASON_MAX]; /* why copies of the mount are not offloaded; empty if they are */
};

/* NOLINTEND(readability-identifier-naming) */

#define ZONECOPY_IOC_FILE_INFO _IOR('Z', 0xc0, struct zonecopy_file_info)
#define ZONECOPY_IOC_TRUNCATE_LATER _IO('Z', 0xc1)
#define ZONECOPY_IOC_KEEP_OLD _IO('Z', 0xc2)
#define ZONECOPY_IOC_GATHER _IOWR('Z', 0xc3, struct zonecopy_gather_request)
#define ZONECOPY_IOC_LIMITS _IOR('Z', 0xc4, struct zonecopy_limits)

#endif
