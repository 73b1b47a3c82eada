#include "src/base/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zonecopy/file_descriptor.h"

namespace zonecopy {
namespace {

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "read key file", std::move(detail)).on_device(path);
}

Status check_private(const std::string& path, const struct stat& facts) {
  if (!S_ISREG(facts.st_mode)) return make_error(path, EINVAL, "this is no regular file");
  if (facts.st_uid != 0 && facts.st_uid != geteuid()) {
    return make_error(path, EACCES, fmt::format("it belongs to user {}, who can read the key", facts.st_uid));
  }
  const mode_t group_may = facts.st_uid == 0 ? S_IRGRP : 0;
  const mode_t too_much = facts.st_mode & (S_IRWXG | S_IRWXO) & ~group_may;
  if (too_much == 0) return {};
  return make_error(
      path, EACCES,
      fmt::format("its permissions {:04o} let others at the key: chmod 600 makes them right", facts.st_mode & 07777));
}

}  // namespace

Result<Secret> read_private_file(const std::string& path) {
  // A FIFO or a terminal must not make anybody wait.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat facts {};
  if (!file || fstat(file.get(), &facts) != 0) return make_error(path, errno, {});
  const Status is_private = check_private(path, facts);
  if (!is_private) return is_private.error();
  Secret room(private_file_max_bytes + 1);
  std::size_t have = 0;
  while (have < room.size()) {
    const ssize_t got = read(file.get(), room.bytes().data() + have, room.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return make_error(path, errno, {});
    if (got == 0) return Secret(room.bytes().first(have));
    have += static_cast<std::size_t>(got);
  }
  return make_error(path, EFBIG, fmt::format("no file with keys has more than {} bytes", private_file_max_bytes));
}

}  // namespace zonecopy
