/* The ioctl(2) of zone files: facts about one open file of a zonecopyfs mount. For C and C++.
 *
 *     struct zonecopy_file_info info;
 *     if (ioctl(fd, ZONECOPY_IOC_FILE_INFO, &info) == 0) ...
 *
 * ENOTTY: fd is no open zone file of zonecopyfs. The counters belong to this open(2): they count copies whose destination
 * was this descriptor or a duplicate of it, and no others. */
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

struct zonecopy_file_info {
  __u64 bytes_offloaded; /* copied by the drive's Copy command, or by sharing extents */
  __u64 bytes_kernel;    /* copied by the kernel below the file system */
  __u64 bytes_emulated;  /* copied by the file system, which read and wrote them */
  __u64 capacity_bytes;  /* largest size of the file: the capacity of its zones */
  __u32 zone_index;      /* number of the file's first zone on the device, from 0 on */
  __u32 sequential;      /* 1: written at the write pointer, which is the size; 0: a conventional zone */
  __u32 copy_mode;       /* enum zonecopy_copy_mode: option copy= of the mount */
  __u32 reserved;        /* 0 */
  /* Why the last copy that was not offloaded completely was not. Ends with a 0; empty if there was none. */
  char not_offloaded_because[ZONECOPY_REASON_MAX];
  /* How the device copies by itself, or has the kernel copy: "NVMe Copy". Ends with a 0; empty if it does not. */
  char copy_mechanism[ZONECOPY_MECHANISM_MAX];
};

/* NOLINTEND(readability-identifier-naming) */

#define ZONECOPY_IOC_FILE_INFO _IOR('Z', 0xc0, struct zonecopy_file_info)

#endif
