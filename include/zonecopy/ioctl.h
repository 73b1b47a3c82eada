/* The calls of ioctl(2) for zone files of zonecopyfs. For C and C++. ENOTTY: fd is no open zone file.
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
 * found that there is nothing to write after all. */
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

/* NOLINTEND(readability-identifier-naming) */

#define ZONECOPY_IOC_FILE_INFO _IOR('Z', 0xc0, struct zonecopy_file_info)
#define ZONECOPY_IOC_TRUNCATE_LATER _IO('Z', 0xc1)
#define ZONECOPY_IOC_KEEP_OLD _IO('Z', 0xc2)

#endif
