// /proc/PID/status (proc_pid_status(5)): the lines of a thread, and the credentials among them by which the kernel
// decides what it may do with files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zonecopy::zonefs {

/// The file "status" in a folder of /proc; empty where it cannot be read.
[[nodiscard]] std::string read_status(const std::string& process);
/// What stands behind "name:" in the text; empty where there is no such line.
[[nodiscard]] std::string_view status_line(std::string_view status, std::string_view name);

struct Credentials {
  uid_t user = 0;  ///< the one that counts for files (fsuid)
  gid_t group = 0;
  std::vector<gid_t> groups;       ///< sorted
  std::uint64_t capabilities = 0;  ///< effective

  bool operator==(const Credentials&) const = default;
};
/// Those in the text; nothing where a line is missing.
[[nodiscard]] std::optional<Credentials> parse_credentials(std::string_view status);

}  // namespace zonecopy::zonefs
