// The credentials by which the kernel decides what a thread may do with files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace zonecopy::supervise {

struct Credentials {
  uid_t user = 0;  ///< the one that counts for files (fsuid)
  gid_t group = 0;
  std::vector<gid_t> groups;       ///< sorted
  std::uint64_t capabilities = 0;  ///< effective

  bool operator==(const Credentials&) const = default;
};

/// Those in the text of /proc/PID/status (proc_pid_status(5)); nothing where a line is missing.
[[nodiscard]] std::optional<Credentials> parse_credentials(std::string_view status);

/// Gives the calling thread, and no other of the process, these credentials. False where it may not have them; it then
/// has some mixture.
[[nodiscard]] bool assume(const Credentials& wanted);

}  // namespace zonecopy::supervise
