// One operation, decided to the last byte: what is played on both mounts.
#pragma once

#include <cstdint>
#include <string>

namespace parity {

enum class Call : std::uint8_t {
  open,
  close,
  write,
  pwrite,
  pwritev,
  aio_write,
  uring_write,
  read,
  pread,
  preadv,
  aio_read,
  uring_read,
  truncate,
  ftruncate,
  seek,
  sync,
  set_flags,
  map,
  copy,
  sendfile,
  chmod,
  chown,
  set_times,
  statfs,
  name,
  list,
  access,
  attribute,
  control,
  lock,
  advise,
  remount,
  mount_again,
  bad_zone,
  drop_caches,
};
inline constexpr std::size_t call_kinds = 35;

/// Of Call::sync, Call::name, Call::attribute, Call::control and Call::map, which have several functions each.
enum class Variant : std::uint8_t {
  none,
  fsync,
  fdatasync,
  syncfs,
  sync_file_range,
  mkdir,
  rmdir,
  unlink,
  rename,
  link,
  symlink,
  mknod,
  readlink,
  get,
  set,
  list,
  remove,
  get_flags,
  clone,
  fallocate,
  extents,
  map_read,
  map_write,
  read_only,
  offline,
};

struct Step {
  Call call = Call::statfs;
  Variant variant = Variant::none;
  int slot = -1;        ///< of an open file; -1: by path
  int other_slot = -1;  ///< destination of a copy
  std::string path;     ///< relative to the mount point; also that of the slot
  std::string other_path;
  int flags = 0;  ///< of open, of pwritev2 and preadv2, whence, mode bits, protection…
  std::int64_t offset = 0;
  std::int64_t other_offset = 0;
  std::uint64_t length = 0;
  std::uint32_t pieces = 1;        ///< vectors, or asynchronous requests in flight
  std::uint64_t piece_length = 0;  ///< all but the last have it
  std::uint32_t memory_offset = 0;
  std::uint64_t data = 0;  ///< where in the pool of random bytes the written data begins
  std::uint32_t user = 0, group = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  std::int64_t other_seconds = 0, other_nanoseconds = 0;
  std::string options;      ///< of a mount
  bool seek_first = false;  ///< to `offset`, before read and write
  bool as_other_user = false;
  std::uint64_t file_limit = 0;  ///< RLIMIT_FSIZE; 0: none
  bool fault = false;            ///< sectors from fault_sector on fail meanwhile
  std::uint64_t fault_sector = 0, fault_sectors = 0;
};

[[nodiscard]] bool is_write(Call call);
[[nodiscard]] bool is_read(Call call);
[[nodiscard]] const char* name_of(Call call);
[[nodiscard]] std::string open_flag_names(int flags);
/// For a person to read.
[[nodiscard]] std::string describe(const Step& step);

}  // namespace parity
